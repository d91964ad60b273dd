import { randomUUID } from "node:crypto";
import { inject, onTestFinished } from "vitest";
import type { RequestSource } from "../../src/approvals/content.ts";
import type { GatePolicy } from "../../src/approvals/gate-policy.ts";
import type { LeaseBroker } from "../../src/migration/lease-broker.ts";
import { vaultGatePolicy } from "../../src/vault/gate-policy.ts";
import { vaultLeaseBroker } from "../../src/vault/lease-broker.ts";
import { approleLogin } from "../../src/vault/login/approle-login.ts";
import { standingClient } from "../../src/vault/login/standing-client.ts";
import { applySetup } from "../../src/vault/setup/apply-setup.ts";
import type { ServedMount } from "../../src/vault/setup/policies.ts";
import { openVaultClient, type VaultClient, type VaultConnection } from "../../src/vault/vault-client.ts";
import type { VaultNames } from "../../src/vault/vault-names.ts";
import { practiceCredentials, type SetupCredentials } from "./practice-credentials.ts";

export interface PracticeLease {
  readonly vault: VaultConnection;
  readonly operator: VaultClient;
  readonly names: VaultNames;
  readonly credentials: SetupCredentials;
  readonly kv2: ServedMount;
  readonly kv1: ServedMount;
  readonly broker: LeaseBroker;
  readonly gate: GatePolicy;
  /** Writes a secret into the KV v2 mount and says how the catalogue would name it. */
  put(path: string, data: Record<string, unknown>): Promise<RequestSource>;
  putV1(path: string, data: Record<string, unknown>): Promise<RequestSource>;
}

export const READER_TTL_SECONDS = 5;

/** Mounts, roles and policies of this test's own, with token lives of seconds. @param shared A Vault of one's own, where the test seals it. */
export async function practiceLease(
  address?: string,
  shared: { readonly address: string; readonly rootToken: string } = inject("stack").vault,
): Promise<PracticeLease> {
  const vault: VaultConnection = { address: address ?? shared.address, timeoutMs: 5_000 };
  const operator = openVaultClient({ ...vault, address: shared.address }, shared.rootToken);
  const id = randomUUID().slice(0, 8);
  const names: VaultNames = { authMount: `gb${id}`, policyPrefix: `gb${id}` };
  const kv2: ServedMount = { path: `kv2-${id}`, engine: "kv-v2" };
  const kv1: ServedMount = { path: `shared-${id}/kv1`, engine: "kv-v1" };
  await operator.write(`sys/mounts/${kv2.path}`, { type: "kv", options: { version: "2" } });
  await operator.write(`sys/mounts/${kv1.path}`, { type: "kv", options: { version: "1" } });
  onTestFinished(async () => {
    for (const path of [`sys/mounts/${kv2.path}`, `sys/mounts/${kv1.path}`, `sys/auth/${names.authMount}`]) {
      await operator.delete(path);
    }
  });
  await applySetup(operator, {
    names,
    mounts: [kv2, kv1],
    readerTtlSeconds: READER_TTL_SECONDS,
    adminTtlSeconds: 30,
    boundCidrs: [],
    gate: "on",
    otherLogins: [],
  });
  const credentials = await practiceCredentials(operator, names);
  const role = (name: keyof SetupCredentials) => ({ mount: names.authMount, ...credentials[name] });
  const mountAccessor = async (mount: ServedMount): Promise<string> => {
    const answer = (await operator.read(`sys/internal/ui/mounts/${mount.path}`)) as { data: { accessor: string } };
    return answer.data.accessor;
  };
  const [accessor2, accessor1] = [await mountAccessor(kv2), await mountAccessor(kv1)];
  const encoded = (path: string): string => path.split("/").map(encodeURIComponent).join("/");
  return {
    vault,
    operator,
    names,
    credentials,
    kv2,
    kv1,
    broker: vaultLeaseBroker({
      vault,
      names,
      admin: approleLogin(vault, role("admin")),
      readerTtlMs: READER_TTL_SECONDS * 1_000,
      now: () => new Date(),
    }),
    gate: vaultGatePolicy(standingClient(approleLogin(vault, role("gate"))), names),
    async put(path, data) {
      await operator.write(`${kv2.path}/data/${encoded(path)}`, { data });
      return { namespace: "", mount: kv2.path, mountAccessor: accessor2, engine: "kv-v2", path };
    },
    async putV1(path, data) {
      await operator.write(`${kv1.path}/${encoded(path)}`, data);
      return { namespace: "", mount: kv1.path, mountAccessor: accessor1, engine: "kv-v1", path };
    },
  };
}
