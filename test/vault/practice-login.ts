import { randomUUID } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inject, onTestFinished } from "vitest";
import { openVaultClient, type VaultClient, type VaultConnection } from "../../src/vault/vault-client.ts";

export interface AuthMount {
  readonly vault: VaultConnection;
  readonly operator: VaultClient;
  readonly mount: string;
  /** Tokens of its roles hold this, and no default policy: they can look at themselves and end themselves. */
  readonly policy: string;
}

/** An auth mount of this test's own on the shared Vault. */
export async function freshAuthMount(type: "jwt" | "aws" | "approle"): Promise<AuthMount> {
  const { address, rootToken } = inject("stack").vault;
  const vault: VaultConnection = { address, timeoutMs: 5_000 };
  const operator = openVaultClient(vault, rootToken);
  const mount = `login-${randomUUID().slice(0, 8)}/${type}`;
  const policy = mount.replace("/", "-");
  await operator.write(`sys/auth/${mount}`, { type });
  await operator.write(`sys/policies/acl/${policy}`, {
    policy: JSON.stringify({
      path: {
        "auth/token/lookup-self": { capabilities: ["read"] },
        "auth/token/revoke-self": { capabilities: ["update"] },
      },
    }),
  });
  onTestFinished(async () => {
    await operator.delete(`sys/auth/${mount}`);
    await operator.delete(`sys/policies/acl/${policy}`);
  });
  return { vault, operator, mount, policy };
}

/** A file that is gone after the test. */
export async function freshFile(text: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "glovebox-login-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, "token");
  await writeFile(file, text);
  return file;
}

export const lookupSelf = async (client: VaultClient): Promise<Record<string, unknown>> =>
  ((await client.read("auth/token/lookup-self")) as { data: Record<string, unknown> }).data;
