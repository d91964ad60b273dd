import { randomUUID } from "node:crypto";
import { CreateQueueCommand, DeleteQueueCommand, SQSClient } from "@aws-sdk/client-sqs";
import { inject, onTestFinished } from "vitest";
import type { SqsIntakeOptions } from "../../src/queue/sqs-intake.ts";

/** Two queues of this test's own on the practice server: intake and dead letters. */
export async function freshSqs(): Promise<Omit<SqsIntakeOptions, "log">> {
  const endpoint = inject("stack").aws.endpointUrl;
  const region = "eu-central-1";
  const sqs = new SQSClient({
    endpoint,
    region,
    credentials: { accessKeyId: "practice", secretAccessKey: "practice" },
  });
  const create = async (name: string): Promise<string> => {
    const { QueueUrl = "" } = await sqs.send(new CreateQueueCommand({ QueueName: `${name}-${randomUUID()}` }));
    onTestFinished(async () => {
      await sqs.send(new DeleteQueueCommand({ QueueUrl }));
    });
    return QueueUrl;
  };
  onTestFinished(() => sqs.destroy());
  const [queueUrl, dlqUrl] = [await create("intake"), await create("dead")];
  return { queueUrl, dlqUrl, region, endpoint, visibilitySeconds: 2, waitSeconds: 1 };
}
