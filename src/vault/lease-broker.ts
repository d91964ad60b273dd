import { z } from "zod";
import type { RequestSource } from "../approvals/content.ts";
import { mintMetadata, prefixMetadata, prefixOf } from "../approvals/mint-metadata.ts";
import {
  type AdminSession,
  type DeathProof,
  GateClosedError,
  type LeaseBroker,
  LeaseStillAliveError,
  type MintedSecretId,
  NamespaceNotServedError,
} from "../migration/lease-broker.ts";
import { Secret } from "../secret.ts";
import { loginOnce } from "./login/approle-login.ts";
import { IrrevocableTokenError } from "./login/login-errors.ts";
import { patiently } from "./login/patiently.ts";
import type { LoggedIn, OwnTokenLogin } from "./login/vault-login.ts";
import { lendReader } from "./reader-session.ts";
import { refusedStatusOf } from "./refused-status.ts";
import type { VaultConnection } from "./vault-client.ts";
import { VaultRefusedError } from "./vault-errors.ts";
import { openPolicyName, readerRoleId, readerRoleName, secretIdPath, type VaultNames } from "./vault-names.ts";

export interface LeaseBrokerOptions {
  readonly vault: VaultConnection;
  readonly names: VaultNames;
  /** Its token dies with each migration, so it must be ours alone. */
  readonly admin: OwnTokenLogin;
  readonly readerTtlMs: number;
  readonly now: () => Date;
  /** Only where `gate: off`: the literal prefixes that the readers are held to. */
  readonly prefixes?: readonly string[];
}

const MintAnswer = z.object({ data: z.object({ secret_id: z.string(), secret_id_accessor: z.string() }) });
const EntityAnswer = z.object({ data: z.object({ disabled: z.boolean() }) });

/** Vault's part of the lease: the admin identity of facts/vault section 4, design E. */
export function vaultLeaseBroker(options: LeaseBrokerOptions): LeaseBroker {
  return {
    readerTtlMs: options.readerTtlMs,
    loginAdmin: async () => adminSession(options, await patiently(options.admin.login)),
  };
}

function adminSession(options: LeaseBrokerOptions, { client, accessor }: LoggedIn): AdminSession {
  if (accessor === "") throw new IrrevocableTokenError();
  const { vault, names, now } = options;
  const lookUp = () => client.read("auth/token/lookup-self");
  const proving = patiently(lookUp).then(() => now().toISOString());
  proving.catch(() => {}); // heard by whoever waits for the proof
  const entityPath = async (mount: string): Promise<string> => {
    const answer = await client.read(`identity/entity/name/${names.authMount}-${readerRoleName(mount)}`);
    return `identity/entity/id/${z.object({ data: z.object({ id: z.string() }) }).parse(answer).data.id}`;
  };
  return {
    accessor,
    async proveAlive() {
      await proving;
    },
    async mint(source, requestId) {
      if (source.namespace !== (vault.namespace ?? "")) throw new NamespaceNotServedError();
      const metadata = metadataFor(options, source, requestId);
      try {
        const answer = await client.write(secretIdPath(names, source.mount), { metadata });
        const { secret_id, secret_id_accessor } = MintAnswer.parse(answer).data;
        return { secretId: new Secret(secret_id), accessor: secret_id_accessor };
      } catch (error) {
        if (error instanceof VaultRefusedError && error.statusCode === 403) throw new GateClosedError(requestId);
        throw error;
      }
    },
    async lend(source: RequestSource, minted: MintedSecretId) {
      const roleId = readerRoleId(names, source.mount);
      // Never repeated: the secret ID is spent even if the answer is lost.
      const login = await loginOnce(vault, { mount: names.authMount, roleId, secretId: minted.secretId });
      return lendReader(login, source, now);
    },
    closeGate: () => patiently(() => client.delete(`sys/policies/acl/${openPolicyName(names)}`)),
    async destroySecretIds(mount) {
      const accessors = await client.list(secretIdPath(names, mount));
      for (const secret_id_accessor of accessors) {
        await client.write(`${secretIdPath(names, mount)}-accessor/destroy`, { secret_id_accessor });
      }
      return accessors.length;
    },
    listSecretIds: (mount) => client.list(secretIdPath(names, mount)),
    async revoke(other) {
      await patiently(() => client.write("auth/token/revoke-accessor", { accessor: other }));
    },
    async setReaderDisabled(mount, disabled) {
      await client.write(await entityPath(mount), { disabled });
    },
    async isReaderDisabled(mount) {
      return EntityAnswer.parse(await client.read(await entityPath(mount))).data.disabled;
    },
    isAlive: async () => (await refusedStatusOf(lookUp)) === 200,
    async revokeSelf(): Promise<DeathProof> {
      await proving.catch(() => {}); // also one that was never proven is revoked
      // Refused: the answer to an earlier try was lost, or a successor was quicker. What it is, the proof says.
      await refusedStatusOf(() => client.write("auth/token/revoke-self", {}));
      const refusedStatus = await refusedStatusOf(lookUp);
      if (refusedStatus === 200) throw new LeaseStillAliveError();
      return { call: "auth/token/lookup-self", aliveAt: await proving, refusedAt: now().toISOString(), refusedStatus };
    },
  };
}

function metadataFor({ prefixes }: LeaseBrokerOptions, source: RequestSource, requestId: string): string {
  const prefix = prefixOf(prefixes ?? [], source);
  return prefix === null
    ? mintMetadata(source.mount, source.path, requestId)
    : prefixMetadata(prefix, `${source.mount}/${source.path}`, requestId);
}
