import { randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createInterface } from "node:readline";
import { inject } from "vitest";
import type { SetupOptions } from "../../src/vault/setup/apply-setup.ts";
import { openVaultClient, type VaultClient } from "../../src/vault/vault-client.ts";
import { type PracticeLease, practiceLease } from "./practice-lease.ts";

interface AuditLine {
  readonly type: string;
  readonly auth?: { readonly display_name?: string };
  readonly request: { readonly operation: string; readonly path: string };
}

/** Set-up that is there already, and operators of our own whose every call Vault's audit log tells apart. */
export async function operatorWorld() {
  const { vault } = inject("stack");
  const lease: PracticeLease = await practiceLease();
  const options: SetupOptions = {
    names: lease.names,
    mounts: [lease.kv2, lease.kv1],
    readerTtlSeconds: 5,
    adminTtlSeconds: 30,
    boundCidrs: [],
    gate: "on",
    otherLogins: [],
  };
  /** @param policy null: everything. Otherwise a policy's text. */
  const newOperator = async (policy: string | null = null) => {
    const { size: since } = await stat(vault.auditLogPath);
    const name = `op-${randomUUID().slice(0, 8)}`;
    if (policy !== null) await lease.operator.write(`sys/policies/acl/${name}`, { policy });
    const answer = (await lease.operator.write("auth/token/create", {
      display_name: name,
      policies: [policy === null ? "root" : name],
      ttl: "1h",
    })) as { auth: { client_token: string } };
    const token = answer.auth.client_token;
    const client: VaultClient = openVaultClient(lease.vault, token);
    /** `update sys/policies/acl/gb-gate`, of this operator alone. */
    const writes = async (): Promise<string[]> => {
      const lines: string[] = [];
      // The shared server's log is long: only what came since this operator was made can be theirs.
      const stream = createReadStream(vault.auditLogPath, { start: since });
      for await (const line of createInterface({ input: stream })) if (line.includes(name)) lines.push(line);
      return lines
        .map((line) => JSON.parse(line) as AuditLine)
        .filter(({ type, auth }) => type === "request" && auth?.display_name === `token-${name}`)
        .filter(({ request }) => ["create", "update", "delete", "patch"].includes(request.operation))
        .filter(({ request }) => request.path !== "sys/capabilities-self")
        .map(({ request }) => `${request.operation} ${request.path}`);
    };
    return { client, token, writes };
  };
  return { lease, options, newOperator };
}
