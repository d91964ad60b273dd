import { randomUUID } from "node:crypto";
import { CreateQueueCommand, DeleteMessageCommand, ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { describe, expect, inject, it, onTestFinished } from "vitest";
import { ringBySqs } from "../../jobs/migrate.ts";
import { sqsRings } from "../../src/queue/sqs-rings.ts";

describe("rings through an SQS FIFO queue", () => {
  it("carry ids alone, in one group, and once in a minute", async () => {
    const { ring, clock, received } = await fifoWorld();
    const migrationId = randomUUID();
    await ring(migrationId, 1);
    await ring(migrationId, 1);
    expect(await received()).toEqual([{ body: JSON.stringify({ migrationId }), group: "migrations" }]);
    clock.now = new Date(clock.now.getTime() + 60_000);
    await ring(migrationId, 1); // an undo, or the sweep
    expect(await received()).toHaveLength(1);
  });

  it("say when SQS did not take one, and throw nothing: the sweep rings again", async () => {
    const warned: unknown[] = [];
    const rings = sqsRings({
      queueUrl: "http://127.0.0.1:9/1/none.fifo",
      region: "eu-central-1",
      endpoint: "http://127.0.0.1:9",
      log: { warn: (fields) => void warned.push(fields) },
      now: () => new Date(),
    });
    onTestFinished(() => rings.close());
    expect(await rings.ring({ migrationId: randomUUID() }, "ring")).toBe(false);
    expect(warned).toEqual([{ queue: "migrate", code: "ECONNREFUSED" }]);
  });
});

async function fifoWorld() {
  const endpoint = inject("stack").aws.endpointUrl;
  const sqs = new SQSClient({ endpoint, region: "eu-central-1" });
  const { QueueUrl: queueUrl = "" } = await sqs.send(
    new CreateQueueCommand({ QueueName: `rings-${randomUUID()}.fifo`, Attributes: { FifoQueue: "true" } }),
  );
  const clock = { now: new Date("2026-11-24T10:00:00Z") };
  const rings = sqsRings({
    queueUrl,
    region: "eu-central-1",
    endpoint,
    log: { warn: () => {} },
    now: () => clock.now,
  });
  onTestFinished(() => {
    rings.close();
    sqs.destroy();
  });
  return {
    ring: ringBySqs(rings),
    clock,
    /** What the queue hands out, taken off it. */
    async received() {
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({
          QueueUrl: queueUrl,
          MaxNumberOfMessages: 10,
          MessageSystemAttributeNames: ["MessageGroupId"],
        }),
      );
      for (const { ReceiptHandle } of Messages) {
        await sqs.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle }));
      }
      return Messages.map(({ Body, Attributes }) => ({ body: Body, group: Attributes?.MessageGroupId }));
    },
  };
}
