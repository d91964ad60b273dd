import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { expect, it, onTestFinished } from "vitest";
import { keyringFromPems, signerFromPem } from "../../../src/audit/signing.ts";
import { approveBatch } from "../../../src/migration/waves/approve-batch.ts";
import { confirmWave } from "../../../src/migration/waves/confirm-wave.ts";
import { startWave } from "../../../src/migration/waves/control-wave.ts";
import { createWave } from "../../../src/migration/waves/create-wave.ts";
import { recordLook, showSample } from "../../../src/migration/waves/look-at-sample.ts";
import type { WaveDeps } from "../../../src/migration/waves/wave-deps.ts";
import { listBatches } from "../../../src/migration/waves/wave-rows.ts";
import { APPROVER, ENGINEER } from "../../approvals/request-world.ts";
import { freshStore } from "../../fresh-store.ts";
import { pemPair } from "../engine-world.ts";
import { addSecrets, planMount } from "../plan-world.ts";
import { confirmAll, draftOf } from "./wave-world.ts";

const RUNNER = fileURLToPath(new URL("./runner-process.ts", import.meta.url));
const COUNT = 60;
const KILLS = 12;

it("loses and doubles nothing when the runner is killed again and again, wherever it stands", async () => {
  const { store, url } = await freshStore();
  const { privatePem, publicPem } = pemPair();
  await addSecrets(
    store,
    planMount("secret"),
    Object.fromEntries(Array.from({ length: COUNT }, (_, n) => [`s${n}`, {}])),
  );
  await confirmAll(store);
  const now = () => new Date();
  const deps: WaveDeps = {
    ...{ store, signer: signerFromPem(privatePem), keyring: keyringFromPems([publicPem]), now, newId: randomUUID },
    membership: { isMember: async (_of, userId) => userId === APPROVER },
    rules: { approvers: { users: [APPROVER], usergroups: [] }, rule: "four-eyes", validHours: 24, versionRule: "ask" },
    ...{
      ringMigration: async () => {},
      maxPerHour: 600,
      expireAfterHours: 72,
      preflight: async () => [],
      lookAgain: async () => {},
    },
    newSeed: randomUUID,
  };
  await createWave(
    { store, now, newId: randomUUID, report: () => {} },
    draftOf({ pilotSize: 30, batchSize: 30, stopAfter: 5 }),
  );
  await confirmWave(deps, { wave: "w1", by: ENGINEER });

  let runner: ChildProcess | null = null;
  const kill = async (): Promise<void> => {
    if (runner === null) return;
    const ended = once(runner, "close");
    runner.kill("SIGKILL");
    await ended;
    runner = null;
  };
  onTestFinished(kill);
  const start = async (): Promise<void> => {
    const env = { PATH: process.env.PATH, DATABASE_URL: url, PRIVATE_PEM: privatePem, PUBLIC_PEM: publicPem, APPROVER };
    runner = spawn(process.execPath, [RUNNER], { env, stdio: ["ignore", "pipe", "inherit"] });
    if (runner.stdout) await once(runner.stdout, "data");
  };
  /** People decide and start, and the worker ends what is released. */
  const others = async (): Promise<void> => {
    for (const { number, version, state } of await listBatches(store, "w1")) {
      if (state !== "waiting") continue;
      const place = { wave: "w1", number, version };
      const { pageCount } = await showSample(store, { ...place, page: 1 });
      for (let page = 1; page <= pageCount; page += 1) await recordLook(deps, { ...place, page, by: APPROVER });
      await approveBatch(deps, { ...place, by: APPROVER });
      if (number === 1) await startWave(deps, { wave: "w1", by: "operator:ops" });
    }
    const ended = await store
      .updateTable("migration")
      .set({ state: "done", finishedAt: now(), vaultVersion: 1 })
      .where("state", "=", "queued")
      .where("isHeld", "=", false)
      .returning("requestId")
      .execute();
    const ids = ended.map(({ requestId }) => requestId);
    if (ids.length > 0) await store.updateTable("request").set({ status: "migrated" }).where("id", "in", ids).execute();
  };
  const isDone = async () =>
    (await store.selectFrom("wave").select("state").executeTakeFirstOrThrow()).state === "done";

  for (let kills = 0; !(await isDone()); ) {
    if (runner === null) await start();
    const until = Date.now() + Math.random() * 250;
    while (Date.now() < until) {
      await others();
      await delay(10);
    }
    if (kills < KILLS) await kill();
    kills += 1;
  }

  const one = async (table: "request" | "statement" | "decision" | "migration") => {
    const rows = await store
      .selectFrom(table)
      .select(({ fn }) => fn.countAll<number>().as("count"))
      .executeTakeFirstOrThrow();
    return rows.count;
  };
  expect([await one("request"), await one("statement"), await one("decision"), await one("migration")]).toEqual(
    Array(4).fill(COUNT),
  );
  const left = await store.selectFrom("waveItem").select("leftCode").where("leftCode", "is not", null).execute();
  expect(left).toEqual([]);
  const events = await store
    .selectFrom("auditEvent")
    .select(["kind", ({ fn }) => fn.countAll<number>().as("count")])
    .where("kind", "in", ["request.received", "request.approved", "wave.batch-ended", "wave.done"])
    .groupBy("kind")
    .orderBy("kind")
    .execute();
  expect(events).toEqual([
    { kind: "request.approved", count: COUNT },
    { kind: "request.received", count: COUNT },
    { kind: "wave.batch-ended", count: 2 },
    { kind: "wave.done", count: 1 },
  ]);
  const notDone = await store.selectFrom("migration").select("id").where("state", "!=", "done").execute();
  expect(notDone).toEqual([]);
}, 180_000);
