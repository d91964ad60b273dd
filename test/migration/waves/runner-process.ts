import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { takeEnvelope } from "../../../src/approvals/take-envelope.ts";
import { keyringFromPems, type Signed, signerFromPem } from "../../../src/audit/signing.ts";
import { runWaves } from "../../../src/migration/waves/run-waves.ts";
import { openStore } from "../../../src/store/open-store.ts";

// A bot's part in waves as a process of its own, made to be killed: it looks at waves and takes envelopes in until it is.
const { DATABASE_URL = "", PRIVATE_PEM = "", PUBLIC_PEM = "", APPROVER = "" } = process.env;
const store = openStore(DATABASE_URL, () => {});
const keyring = keyringFromPems([PUBLIC_PEM]);
const now = (): Date => new Date();
const approvers = { users: [APPROVER], usergroups: [] };
const deps = {
  ...{ store, signer: signerFromPem(PRIVATE_PEM), keyring, now, newId: randomUUID, newSeed: randomUUID },
  membership: { isMember: async (_of: unknown, userId: string) => userId === APPROVER },
  rules: { approvers, rule: "four-eyes", validHours: 24, versionRule: "ask" as const },
  ...{
    ringMigration: async () => {},
    maxPerHour: 600,
    expireAfterHours: 72,
    preflight: async () => [],
    lookAgain: async () => {},
  },
};

process.stdout.write("up\n");
for (;;) {
  await runWaves(deps, ({ code }) => process.stderr.write(`${code}\n`));
  const rows = await store
    .selectFrom("outbox")
    .select(["id", "detail"])
    .where("kind", "=", "envelope")
    .where("deliveredAt", "is", null)
    .execute();
  for (const { id, detail } of rows) {
    await takeEnvelope({ store, keyring, now, rules: { expireAfterHours: 72 } }, detail as unknown as Signed);
    await store.updateTable("outbox").set({ deliveredAt: now() }).where("id", "=", id).execute();
  }
  await delay(5);
}
