// A gate in a process of its own, which a test stops or kills around its write to Vault.
import { writeSync } from "node:fs";
import { z } from "zod";
import { keepGate } from "../../src/approvals/keep-gate.ts";
import { keyringFromPems } from "../../src/audit/signing.ts";
import { codeOf } from "../../src/errors.ts";
import { Secret } from "../../src/secret.ts";
import { openStore } from "../../src/store/open-store.ts";
import { vaultGatePolicy } from "../../src/vault/gate-policy.ts";
import { approleLogin } from "../../src/vault/login/approle-login.ts";
import { standingClient } from "../../src/vault/login/standing-client.ts";
import type { VaultNames } from "../../src/vault/vault-names.ts";

const Order = z.object({
  databaseUrl: z.string(),
  vaultAddress: z.string(),
  names: z.custom<VaultNames>(),
  roleId: z.string(),
  secretId: z.string(),
  approvalPublicPem: z.string(),
  turnSeconds: z.number(),
  /** It stops itself when it has decided and not yet written. */
  dies: z.boolean(),
});
export type GateOrder = z.output<typeof Order>;

const order = Order.parse(JSON.parse(process.env.GATE_ORDER ?? ""));
const { vaultAddress, names, roleId, secretId } = order;
const vault = { address: vaultAddress, timeoutMs: 3_000 };
const store = openStore(order.databaseUrl, () => {});
const login = approleLogin(vault, { mount: names.authMount, roleId, secretId: new Secret(secretId) });
const policy = vaultGatePolicy(standingClient(login), names);
try {
  await keepGate({
    store,
    policy: {
      ...policy,
      async open(hold) {
        writeSync(1, "stopped\n");
        process.kill(process.pid, "SIGSTOP");
        await policy.open(hold);
        writeSync(1, "written\n");
        if (order.dies) process.kill(process.pid, "SIGKILL");
      },
    },
    keyring: keyringFromPems([order.approvalPublicPem]),
    membership: { isMember: async () => true },
    approvers: { users: [], usergroups: ["S0APPROVERS"] },
    maxPerHour: 600,
    turnSeconds: order.turnSeconds,
    now: () => new Date(),
  });
  writeSync(1, "ended\n");
} catch (error) {
  writeSync(1, `threw ${codeOf(error)}\n`);
}
await store.destroy().catch(() => {});
process.exit(0);
