// The bot's part in a process of its own: it holds the gate and sweeps, as src/wiring/start-bot.ts does, only oftener.
import pino from "pino";
import { z } from "zod";
import { ringByQueue } from "../../jobs/migrate.ts";
import { startSweep } from "../../jobs/sweep.ts";
import { keepGate } from "../../src/approvals/keep-gate.ts";
import { keyringFromPems } from "../../src/audit/signing.ts";
import { openQueues } from "../../src/queue/open-queues.ts";
import { Secret } from "../../src/secret.ts";
import { openDoorbell } from "../../src/store/doorbell.ts";
import { openStore } from "../../src/store/open-store.ts";
import { vaultGatePolicy } from "../../src/vault/gate-policy.ts";
import { approleLogin } from "../../src/vault/login/approle-login.ts";
import { standingClient } from "../../src/vault/login/standing-client.ts";
import type { VaultNames } from "../../src/vault/vault-names.ts";
import { lookAtRings } from "../../src/wiring/loop.ts";
import { fakeMembership } from "../fakes/membership.ts";
import { MIGRATE_ONE_AT_A_TIME, QUEUE_LOCK_SECONDS } from "./process-talk.ts";
import { startAgain } from "./start-again.ts";

const Order = z.object({
  databaseUrl: z.string(),
  redisUrl: z.string(),
  prefix: z.string(),
  vaultAddress: z.string(),
  names: z.custom<VaultNames>(),
  roleId: z.string(),
  secretId: z.string(),
  approvalPublicPem: z.string(),
  approver: z.string(),
});
const order = Order.parse(JSON.parse(process.env.CHAOS_ORDER ?? ""));
const { databaseUrl, redisUrl, prefix, names, approver } = order;

const LOOK_EVERY_MS = 1_000;
const SWEEP_SECONDS = 1;

process.on("disconnect", () => process.exit()); // whoever started us is gone
const log = pino({ level: "debug", base: { pid: process.pid } }, pino.destination({ dest: 2, sync: true }));
const store = openStore(databaseUrl, () => {});
const doorbell = await startAgain(() => openDoorbell(databaseUrl, () => {}));
const login = approleLogin(
  { address: order.vaultAddress, timeoutMs: 3_000 },
  { mount: names.authMount, roleId: order.roleId, secretId: new Secret(order.secretId) },
);
const deps = {
  store,
  policy: vaultGatePolicy(standingClient(login), names),
  keyring: keyringFromPems([order.approvalPublicPem]),
  membership: fakeMembership({ S0APPROVERS: [approver] }),
  approvers: { users: [], usergroups: ["S0APPROVERS"] },
  maxPerHour: 1_000_000,
  now: (): Date => new Date(),
};
const looking = { channels: ["gate_ask", "control"] as const, everyMs: LOOK_EVERY_MS, what: "the gate" };
const gate = lookAtRings({ doorbell, log }, looking, () => keepGate(deps));
const queues = openQueues({
  ...{ redisUrl, databaseUrl, log, prefix },
  ...{ oneAtATime: MIGRATE_ONE_AT_A_TIME, lockSeconds: QUEUE_LOCK_SECONDS },
});
await startSweep(queues, { store, ringMigration: ringByQueue(queues), now: deps.now }, SWEEP_SECONDS);
process.once("SIGTERM", async () => {
  await gate.stop();
  await queues.close();
  await doorbell.close();
  await store.destroy();
  process.exit();
});
