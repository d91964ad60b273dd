// A worker process that kills itself with -9 at a named point: what the crash test starts, again and again.
import { migrateSecret } from "../../src/migration/migrate-secret.ts";
import { openWorker, type WorkerSettings } from "./engine-worker.ts";

const { settings, migrationId, dieAt } = JSON.parse(process.env.CRASH_WORKER ?? "{}") as {
  settings: WorkerSettings;
  migrationId: string;
  dieAt: string;
};

const { deps, close } = await openWorker(settings);
const trace = (point: string): void => {
  if (point === dieAt) process.kill(process.pid, "SIGKILL");
};
await migrateSecret({ ...deps, trace }, migrationId);
await close();
