import { z } from "zod";
import { GloveboxError } from "../../errors.ts";
import type { VaultClient } from "../vault-client.ts";
import type { VaultNames } from "../vault-names.ts";
import type { SetupObject } from "./setup-object.ts";

const Listed = z.object({ data: z.record(z.string(), z.unknown()) });
const AuthMount = z.object({
  accessor: z.string(),
  type: z.string(),
  config: z.object({ user_lockout_config: z.object({ user_lockout_disable: z.boolean() }).nullish() }).nullish(),
});

export interface LiveAuthMount {
  readonly accessor: string;
  readonly type: string;
  readonly isLockoutOff: boolean;
}

/** Somebody else's auth mount has the name that ours would get. */
export class AuthMountTakenError extends GloveboxError {
  readonly code = "AUTH_MOUNT_TAKEN";
  readonly userMessage: string;
  constructor(name: string, type: string) {
    super(`auth/${name} is of type ${type}`);
    this.userMessage = `auth/${name} is of type ${type}, so it is not ours and nothing was changed. Choose another name with --auth-mount.`;
  }
}

/** @returns null: there is none. @throws {AuthMountTakenError} */
export async function readAuthMount(operator: VaultClient, { authMount }: VaultNames): Promise<LiveAuthMount | null> {
  const found = Listed.parse(await operator.read("sys/auth")).data[`${authMount}/`];
  if (found === undefined) return null;
  const { accessor, type, config } = AuthMount.parse(found);
  if (type !== "approle") throw new AuthMountTakenError(authMount, type);
  return { accessor, type, isLockoutOff: config?.user_lockout_config?.user_lockout_disable === true };
}

/** The auth mount of our own. */
export function authMountObject(operator: VaultClient, names: VaultNames): SetupObject {
  const path = `sys/auth/${names.authMount}`;
  const live = () => readAuthMount(operator, names);
  return {
    title: `auth mount auth/${names.authMount}`,
    wanted: { type: "approle", user_lockout_disable: true },
    writes: [path, `${path}/tune`],
    async live() {
      const mount = await live();
      return mount && { type: mount.type, user_lockout_disable: mount.isLockoutOff };
    },
    async write() {
      if ((await live()) === null) await operator.write(path, { type: "approle" });
      // Otherwise five wrong logins by anyone who knows a role id would lock out even the gate, which then can't close.
      await operator.write(`${path}/tune`, { user_lockout_config: { lockout_disable: true } });
    },
  };
}
