// A worker in a process of its own, so that a test can kill it: it takes one job, says so, and never ends it.
import { openQueues } from "../../src/queue/open-queues.ts";

const place = JSON.parse(process.argv[2] ?? "{}");
const queues = openQueues({ ...place, log: { warn: () => {} } });
queues.worker("migrate", ({ data }) => {
  process.stdout.write(`${JSON.stringify(data)}\n`);
  return new Promise<void>(() => {});
});
