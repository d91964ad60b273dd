import { expireRequests } from "../src/approvals/expire-requests.ts";
import { listUnfinishedMigrations } from "../src/migration/list-unfinished.ts";
import type { Queues } from "../src/queue/open-queues.ts";
import { listDueDeliveries } from "../src/store/claim-delivery.ts";
import type { Store } from "../src/store/open-store.ts";
import { ringDelivery } from "./deliver.ts";
import type { RingMigration } from "./migrate.ts";

const SWEEP_QUEUE = "sweep";

export interface SweepDeps {
  readonly store: Store;
  readonly queues: Pick<Queues, "add">;
  readonly ringMigration: RingMigration;
  readonly now: () => Date;
}

export interface SweepSummary {
  readonly expired: number;
  readonly migrations: number;
  readonly deliveries: number;
}

/** Makes good what was lost: rings again for whatever is undone in our tables, and ends what nobody decided. */
export async function sweep({ store, queues, ringMigration, now }: SweepDeps): Promise<SweepSummary> {
  const expired = await expireRequests({ store, now });
  const migrations = await listUnfinishedMigrations(store, now());
  for (const { id, attempt } of migrations) await ringMigration(id, attempt);
  const deliveries = await listDueDeliveries(store);
  for (const id of deliveries) await ringDelivery(queues, id);
  return { expired: expired.length, migrations: migrations.length, deliveries: deliveries.length };
}

/** Sweeps at once and then every `everySeconds`, once over all processes. */
export async function startSweep(
  queues: Pick<Queues, "add" | "every" | "worker">,
  deps: Omit<SweepDeps, "queues">,
  everySeconds: number,
): Promise<{ close(): Promise<void> }> {
  const worker = queues.worker(SWEEP_QUEUE, async () => {
    await sweep({ ...deps, queues });
  });
  await queues.every(SWEEP_QUEUE, everySeconds);
  return worker;
}
