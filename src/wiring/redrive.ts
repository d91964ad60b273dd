import { recordRedrive } from "../approvals/record-redrive.ts";
import type { Config } from "../config.ts";
import { sqsIntake } from "../queue/sqs-intake.ts";
import { openStore } from "../store/open-store.ts";
import { openLog } from "./open-core.ts";

/** Puts a message of the dead-letter queue back, and notes that. @returns False: the queue does not show it now. */
export async function redrive({ common, bot }: Config, messageId: string, by: string): Promise<boolean> {
  if (bot === null) throw new TypeError("re-driving needs the bot's configuration");
  const intake = sqsIntake({
    queueUrl: bot.INTAKE_QUEUE_URL,
    dlqUrl: bot.INTAKE_DLQ_URL,
    region: common.AWS_REGION,
    ...(common.AWS_ENDPOINT_URL !== undefined && { endpoint: common.AWS_ENDPOINT_URL }),
    log: openLog("warn"),
  });
  const store = openStore(common.DATABASE_URL.reveal(), () => {}, 1);
  try {
    const isBack = await intake.redrive(messageId);
    if (isBack) await recordRedrive({ store, now: () => new Date() }, { messageId, by });
    return isBack;
  } finally {
    intake.close();
    await store.destroy();
  }
}
