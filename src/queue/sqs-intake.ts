import {
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { Consumer } from "sqs-consumer";
import type { Signed } from "../audit/signing.ts";
import { codeOf } from "../errors.ts";
import type { QueueLog } from "./open-queues.ts";

/** What the handler says of a message. Anything it throws leaves the message on the queue. */
export type IntakeVerdict = { readonly kind: "done" } | { readonly kind: "poison"; readonly reason: string };

export interface PoisonedMessage {
  readonly messageId: string;
  readonly reason: string;
  readonly sizeBytes: number;
}

export interface SqsIntakeOptions {
  readonly queueUrl: string;
  readonly dlqUrl: string;
  readonly region: string;
  /** Replaces AWS's own endpoint: a practice server or a VPC endpoint. */
  readonly endpoint?: string;
  readonly log: QueueLog;
  /** How long a message is hidden while it is dealt with; after a crash it comes back. 30 s where absent. */
  readonly visibilitySeconds?: number;
  /** Long poll; 20 s, SQS's most, where absent. */
  readonly waitSeconds?: number;
}

export interface SqsIntake {
  /** @throws When SQS did not take it: the outbox tries again. */
  send(signed: Signed): Promise<void>;
  /**
   * Consumes until stopped, one message at a time. A message is deleted only after `handle` has returned, so after its
   * commit. Poison goes to the dead-letter queue with its reason, and `recordPoison` hears of it first.
   */
  consume(
    handle: (body: string) => Promise<IntakeVerdict>,
    recordPoison: (message: PoisonedMessage) => Promise<void>,
  ): { stop(): Promise<void> };
  /** Puts a poisoned message back on the queue. @returns False: the dead-letter queue does not show it now. */
  redrive(messageId: string): Promise<boolean>;
  /** How many messages wait and how many lie in the dead-letter queue, as SQS estimates it. */
  depth(): Promise<{ waiting: number; dead: number }>;
  close(): void;
}

const ORIGINAL_ID = "original-message-id";
/** How deep a redrive looks into the dead-letter queue: SQS hands out at most ten at a time. */
const REDRIVE_ROUNDS = 100;

/** SQS as the way in. Requests are checked by whoever handles them: nothing here trusts a body. */
export function sqsIntake(options: SqsIntakeOptions): SqsIntake {
  const { queueUrl, dlqUrl, region, endpoint, log, visibilitySeconds = 30, waitSeconds = 20 } = options;
  const sqs = new SQSClient({
    region,
    ...(endpoint === undefined ? {} : { endpoint }),
    useQueueUrlAsEndpoint: endpoint === undefined, // otherwise the SDK calls the URL's host and ignores the endpoint
    maxAttempts: 4,
  });
  const warn = (message: string) => (error: unknown) => log.warn({ queue: "intake", code: codeOf(error) }, message);

  const bury = async (message: Message, body: string, reason: string): Promise<void> => {
    const attributes = { reason, [ORIGINAL_ID]: message.MessageId ?? "" };
    const MessageAttributes = Object.fromEntries(
      Object.entries(attributes).map(([name, StringValue]) => [name, { DataType: "String", StringValue }]),
    );
    await sqs.send(new SendMessageCommand({ QueueUrl: dlqUrl, MessageBody: body, MessageAttributes }));
  };

  return {
    async send(signed) {
      await sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: JSON.stringify(signed) }));
    },
    consume(handle, recordPoison) {
      let inHand = 0;
      let stopped: Promise<void> | undefined;
      const handleMessage = async (message: Message): Promise<Message> => {
        inHand += 1;
        return settle(message).finally(() => {
          inHand -= 1;
        });
      };
      const settle = async (message: Message): Promise<Message> => {
        const body = message.Body ?? "";
        const verdict = await handle(body);
        if (verdict.kind === "poison") {
          const { reason } = verdict;
          // The row first: if this process dies in between, the message comes back and is buried then.
          await recordPoison({ messageId: message.MessageId ?? "", reason, sizeBytes: Buffer.byteLength(body) });
          await bury(message, body, reason);
        }
        return message; // only what is returned is deleted
      };
      const consumer = Consumer.create({
        queueUrl,
        sqs,
        handleMessage,
        visibilityTimeout: visibilitySeconds,
        heartbeatInterval: Math.max(1, Math.floor(visibilitySeconds / 3)),
        waitTimeSeconds: waitSeconds,
        terminateVisibilityTimeout: 2, // what failed comes back soon, and SQS counts its receives
        pollingCompleteWaitTimeMs: 10_000,
        useQueueUrlAsEndpoint: endpoint === undefined,
      });
      consumer.on("error", (error) => {
        if (!stopped) warn("SQS error")(error);
      });
      consumer.on("processing_error", warn("a message could not be dealt with and stays on the queue"));
      consumer.on("timeout_error", warn("a message took too long"));
      consumer.start();
      return {
        stop() {
          if (stopped) return stopped; // "stopped" is said only once
          stopped = new Promise<void>((resolve) => consumer.once("stopped", () => resolve()));
          // Aborting ends the long poll at once, but would also keep a message in hand from being deleted.
          consumer.stop({ abort: inHand === 0 });
          return stopped;
        },
      };
    },
    async redrive(messageId) {
      for (let round = 0; round < REDRIVE_ROUNDS; round += 1) {
        const { Messages = [] } = await sqs.send(
          new ReceiveMessageCommand({
            QueueUrl: dlqUrl,
            MaxNumberOfMessages: 10,
            VisibilityTimeout: 5,
            MessageAttributeNames: [ORIGINAL_ID],
          }),
        );
        if (Messages.length === 0) return false;
        const found = Messages.find((message) => isMessage(message, messageId));
        if (!found) continue;
        // Sent before it is deleted: a crash in between doubles it, and intake drops doubles.
        await sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: found.Body ?? "" }));
        await sqs.send(new DeleteMessageCommand({ QueueUrl: dlqUrl, ReceiptHandle: found.ReceiptHandle }));
        return true;
      }
      return false;
    },
    async depth() {
      const [waiting, dead] = await Promise.all([queueUrl, dlqUrl].map((url) => countOf(sqs, url)));
      return { waiting: waiting ?? 0, dead: dead ?? 0 };
    },
    close: () => sqs.destroy(),
  };
}

/** Known by the id it had on the intake queue; what SQS moved itself, after too many receives, has kept its own. */
function isMessage({ MessageId, MessageAttributes }: Message, messageId: string): boolean {
  return MessageAttributes?.[ORIGINAL_ID]?.StringValue === messageId || MessageId === messageId;
}

async function countOf(sqs: SQSClient, url: string): Promise<number> {
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ["ApproximateNumberOfMessages"] }),
  );
  return Number(Attributes?.ApproximateNumberOfMessages ?? 0);
}
