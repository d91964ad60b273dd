import { type RingMigration, ringByQueue, ringBySqs } from "../../jobs/migrate.ts";
import type { BotConfig } from "../config.ts";
import { sqsRings } from "../queue/sqs-rings.ts";
import type { Base } from "./open-base.ts";

/** The doorbell of whatever moves secrets: a worker on our own queue or, with MIGRATE_QUEUE_URL, one in Lambda. */
export function openRings(
  { common, queues, log, now, onClose }: Base,
  { MIGRATE_QUEUE_URL }: BotConfig,
): RingMigration {
  if (MIGRATE_QUEUE_URL === undefined) return ringByQueue(queues);
  const endpoint = common.AWS_ENDPOINT_URL;
  const rings = sqsRings({
    queueUrl: MIGRATE_QUEUE_URL,
    region: common.AWS_REGION,
    ...(endpoint !== undefined && { endpoint }),
    log,
    now,
  });
  onClose(async () => rings.close());
  return ringBySqs(rings);
}
