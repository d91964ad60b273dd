// A worker in a process of its own, which a test lets die or stop at one point of its run.
import { writeSync } from "node:fs";
import { z } from "zod";
import { codeOf } from "../../src/errors.ts";
import { cleanUpAfterCrash } from "../../src/migration/keep-fence.ts";
import { migrateSecret } from "../../src/migration/migrate-secret.ts";
import { denial, withPoints } from "./crash-points.ts";
import { openWorker, type WorkerSettings } from "./engine-worker.ts";

const Order = z.object({
  settings: z.custom<WorkerSettings>(),
  /** null: it only cleans up, as at the start of a worker. */
  migrationId: z.string().nullable(),
  /** The point at which it sends itself `signal`. */
  at: z.string(),
  signal: z.enum(["SIGKILL", "SIGSTOP"]),
  /** The call that gets no answer from AWS, if any. */
  failAt: z.string().nullable(),
});
export type CrashOrder = z.output<typeof Order>;

const { settings, migrationId, at, signal, failAt } = Order.parse(JSON.parse(process.env.CRASH_ORDER ?? ""));
const { deps, close } = await openWorker(settings);
const watched = withPoints(deps, {
  reached: (point) => {
    if (point !== at) return;
    writeSync(1, `${point}\n`);
    process.kill(process.pid, signal);
  },
  failure: (point) => (point === failAt ? denial(point) : undefined),
});
try {
  await (migrationId === null ? cleanUpAfterCrash(watched) : migrateSecret(watched, migrationId));
  writeSync(1, "ended\n");
} catch (error) {
  writeSync(1, `threw ${codeOf(error)}\n`);
}
await close();
