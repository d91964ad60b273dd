import { SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { codeOf } from "../errors.ts";
import type { QueueLog } from "./open-queues.ts";

export interface SqsRingsOptions {
  /** A FIFO queue: its URL ends in `.fifo`. */
  readonly queueUrl: string;
  readonly region: string;
  readonly endpoint?: string;
  readonly log: QueueLog;
  readonly now: () => Date;
}

/** The doorbell of a worker that lives in Lambda. */
export interface SqsRings {
  /** @returns False: SQS did not take it; the sweep rings again. @param ringId Names the ring, for dropping doubles. */
  ring(data: unknown, ringId: string): Promise<boolean>;
  close(): void;
}

/** One group for all: SQS hands out the next message only when the one before is dealt with. */
const GROUP = "migrations";

/**
 * Rings by messages of an SQS FIFO queue, which carry ids only. SQS drops equal deduplication ids for five minutes; an undo
 * rings with the same id as the move that it undoes, so the minute is part of it and the sweep's next ring gets through.
 */
export function sqsRings({ queueUrl, region, endpoint, log, now }: SqsRingsOptions): SqsRings {
  const sqs = new SQSClient({
    region,
    ...(endpoint === undefined ? {} : { endpoint }),
    useQueueUrlAsEndpoint: endpoint === undefined,
    maxAttempts: 3,
  });
  return {
    async ring(data, ringId) {
      const minute = Math.floor(now().getTime() / 60_000);
      try {
        await sqs.send(
          new SendMessageCommand({
            QueueUrl: queueUrl,
            MessageBody: JSON.stringify(data),
            MessageGroupId: GROUP,
            MessageDeduplicationId: `${ringId}-${minute}`,
          }),
        );
        return true;
      } catch (error) {
        log.warn({ queue: "migrate", code: codeOf(error) }, "a ring was lost; the sweep will ring again");
        return false;
      }
    },
    close: () => sqs.destroy(),
  };
}
