import { CreateQueueCommand, GetQueueAttributesCommand, SQSClient } from "@aws-sdk/client-sqs";
import { PRACTICE_TARGET } from "./practice-rules.ts";

/** The intake queue and its dead-letter queue, as docs/getting-started.md describes them. */
export async function makeQueues(endpoint: string): Promise<{ INTAKE_QUEUE_URL: string; INTAKE_DLQ_URL: string }> {
  const { region } = PRACTICE_TARGET;
  const credentials = { accessKeyId: "practice", secretAccessKey: "practice" };
  const sqs = new SQSClient({ endpoint, region, credentials });
  try {
    const dead = await create(sqs, "glovebox-intake-dead", { MessageRetentionPeriod: "1209600" });
    const { Attributes } = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl: dead, AttributeNames: ["QueueArn"] }),
    );
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: Attributes?.QueueArn, maxReceiveCount: 10 });
    const intake = await create(sqs, "glovebox-intake", { RedrivePolicy, VisibilityTimeout: "30" });
    return { INTAKE_QUEUE_URL: intake, INTAKE_DLQ_URL: dead };
  } finally {
    sqs.destroy();
  }
}

async function create(sqs: SQSClient, QueueName: string, Attributes: Record<string, string>): Promise<string> {
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName, Attributes }));
  if (QueueUrl === undefined) throw new Error(`the practice AWS made no queue ${QueueName}`);
  return QueueUrl;
}
