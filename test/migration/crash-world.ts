import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { GetSecretValueCommand } from "@aws-sdk/client-secrets-manager";
import { onTestFinished } from "vitest";
import { GloveboxError } from "../../src/errors.ts";
import { migrateSecret } from "../../src/migration/migrate-secret.ts";
import { currentOf, versionIdOf, WriteList } from "../../src/migration/write-list.ts";
import { denial, withPoints } from "./crash-points.ts";
import type { CrashOrder } from "./crash-worker.ts";
import { type EngineWorldOptions, engineWorld, NOTHING_LEFT } from "./engine-world.ts";

export type CrashWorld = Awaited<ReturnType<typeof crashWorld>>;

export interface Crash {
  readonly at: string;
  readonly signal?: "SIGKILL" | "SIGSTOP";
  readonly failAt?: string;
}

const FENCE_SECONDS = 2;

/** A world whose workers die: they are processes of their own, and the fence of a dead one is free after 2 s. */
export async function crashWorld(options: EngineWorldOptions = {}) {
  const world = await engineWorld({ fenceSeconds: FENCE_SECONDS, ...options });
  const { store, worker } = world;
  let secretCount = 0;

  /** Starts a worker on the migration (null: on the cleaning alone) that sends itself the signal at the point. */
  const startWorker = async (migrationId: string | null, { at, signal = "SIGKILL", failAt }: Crash) => {
    const order: CrashOrder = { settings: world.settings, migrationId, at, signal, failAt: failAt ?? null };
    const child = spawn(process.execPath, [new URL("crash-worker.ts", import.meta.url).pathname], {
      env: { ...process.env, CRASH_ORDER: JSON.stringify(order) },
      stdio: ["ignore", "pipe", "inherit"],
    });
    const exited = once(child, "exit");
    onTestFinished(async () => {
      child.kill("SIGKILL");
      await exited;
    });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const nextLine = async (): Promise<string> => (await lines.next()).value ?? "nothing";
    return { child, exited, nextLine };
  };

  const deliveriesOf = (dedupeKey: string) =>
    store.selectFrom("outbox").select("id").where("dedupeKey", "=", dedupeKey).execute();

  return {
    ...world,
    startWorker,
    /** Runs a worker until it dies at the point; again where the machine was so busy that it lost its fence before. */
    crash: async (migrationId: string | null, crash: Crash): Promise<void> => {
      for (let said = "threw FENCE_LOST"; said !== crash.at; ) {
        if (!/^threw FENCE_(LOST|HELD)$/.test(said))
          throw new Error(`it should have died at ${crash.at}, but: ${said}`);
        const { exited, nextLine } = await startWorker(migrationId, crash);
        said = await nextLine();
        await exited;
      }
    },
    /** The names of all points of one whole run in this process. */
    pointsOf: async (migrationId: string, failAt?: string): Promise<string[]> => {
      const points: string[] = [];
      const failure = (point: string) => (point === failAt ? denial(point) : undefined);
      await migrateSecret(withPoints(worker.deps, { reached: (point) => points.push(point), failure }), migrationId);
      return points;
    },
    /** The current value at any name. */
    valueAt: async (name: string): Promise<string> =>
      (await world.aws.send(new GetSecretValueCommand({ SecretId: name, VersionStage: "AWSCURRENT" }))).SecretString ??
      "",
    untilFenceIsFree: async (): Promise<void> => {
      for (let isHeld = true; isHeld; await sleep(100)) {
        const { deadline } = await store.selectFrom("fence").select("deadline").executeTakeFirstOrThrow();
        isHeld = deadline !== null && deadline > new Date();
      }
    },
    /** A successor: tries until the fence is free and the migration has come to an end. */
    takeOver: async (migrationId: string, migrate = () => world.migrate(migrationId)): Promise<void> => {
      for (;;) {
        try {
          return await migrate();
        } catch (error) {
          if (!(error instanceof GloveboxError && error.retryable)) throw error;
          await sleep(100);
        }
      }
    },
    /** A new secret that is approved to move. */
    orderNew: async () => {
      secretCount += 1;
      const path = `app-${secretCount}`;
      return { path, id: await world.order(await world.lease.put(path, { value: path })) };
    },
    /** Its second version, approved to move to the same target. */
    orderSecond: async (path: string, firstId: string): Promise<string> => {
      const name = await world.targetOf(firstId);
      const source = await world.lease.put(path, { value: `${path} again` });
      await store.updateTable("entry").set({ currentVersion: 2 }).where("path", "=", path).execute();
      const target = { accountId: "123456789012", region: "eu-central-1", name, kmsKeyId: null };
      return world.order(source, { target });
    },
    /** All that people and machines can see of how a migration ended. */
    outcomeOf: async (migrationId: string) => {
      const row = await world.rowOf(migrationId);
      const name = await world.targetOf(migrationId);
      const described = await world.describe(name).catch(() => null);
      const versions = Object.entries(described?.VersionIdsToStages ?? {});
      const current = versions.find(([, stages]) => stages.includes("AWSCURRENT"))?.[0];
      const isTombstone = described?.DeletedDate !== undefined;
      const finished = await store
        .selectFrom("finishedStatement")
        .select("statementId")
        .where("statementId", "=", row.statementId)
        .execute();
      return {
        state: row.state,
        request: await world.statusOf(row.requestId),
        hasReceipt: row.receipt !== null,
        finishedCount: finished.length,
        receiptCount: (await deliveriesOf(`receipt:${migrationId}`)).length,
        isLeaseClosed: row.leaseOpenedAt === null || row.leaseClosedAt !== null,
        target: described === null ? "absent" : isTombstone ? "tombstone" : "live",
        sealed: described?.Tags?.find(({ Key }) => Key === "glovebox-state")?.Value === "sealed",
        versionCount: versions.length,
        isOursCurrent: current !== undefined && current === versionOf(row.writes),
        value: described === null || isTombstone ? null : JSON.parse((await world.valueOf(migrationId)) ?? "null"),
        left: await world.leftovers(),
      };
    },
  };
}

/** The id in AWS of the version that a migration made current. */
function versionOf(writes: { readonly bytes: string } | null): string | null {
  const [target] = writes ? WriteList.parse(JSON.parse(writes.bytes)).targets : [];
  return target ? versionIdOf(currentOf(target)) : null;
}

/** How a migration of one version must end, whatever died on the way. */
export const FINISHED = {
  state: "done",
  request: "migrated",
  hasReceipt: true,
  finishedCount: 1,
  receiptCount: 1,
  isLeaseClosed: true,
  target: "live",
  sealed: true,
  versionCount: 1,
  isOursCurrent: true,
  left: NOTHING_LEFT,
};

/** Spreads cases over worlds of their own, each of which takes its cases one after the other. */
export async function inLanes<T>(
  cases: readonly string[],
  laneCount: number,
  run: (world: CrashWorld, name: string) => Promise<T>,
  options: EngineWorldOptions = {},
): Promise<Record<string, T>> {
  const waiting = [...cases];
  const results: Record<string, T> = {};
  const lane = async (): Promise<void> => {
    const world = await crashWorld(options);
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) results[name] = await run(world, name);
  };
  await Promise.all(Array.from({ length: Math.min(laneCount, cases.length) }, lane));
  return results;
}
