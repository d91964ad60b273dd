import { FRIENDLY } from "../seed/generate-estate.ts";
import type { SlackDriver } from "../slack/drive.ts";
import type { LocalSlack } from "../slack/start-local-slack.ts";

export interface Story {
  /** The engineer asks what the secret is, in #general. */
  askWhat(): Promise<void>;
  /** The engineer asks for its migration: the form is open. */
  openForm(): Promise<void>;
  sendForm(): Promise<void>;
  /** An approver says yes; waits for the receipt in the thread. */
  approve(): Promise<void>;
  /** The engineer asks support, a supporter claims the case and answers in its thread. */
  askSupport(): Promise<void>;
  /** The engineer opens the Home tab, which shows the finished move. */
  openHome(): Promise<void>;
}

export const PATH = `${FRIENDLY.mount}/${FRIENDLY.path}`;
const MOVE_WITHIN_MS = 60_000;

/** The README's story by people's own clicks, to stop for a picture in between. */
export function playStory(driver: SlackDriver, { people, channels }: Pick<LocalSlack, "people" | "channels">): Story {
  const { engineer, approver, supporter } = people;
  const says = (text: string) => (message: unknown) => JSON.stringify(message).includes(text);
  const card = () =>
    driver.waitForMessage(channels.approvals, (message) => !message.thread_ts && says(PATH)(message), MOVE_WITHIN_MS);
  return {
    async askWhat() {
      await driver.as(engineer.id).command(`what ${PATH}`, { channel: channels.general });
      await driver.waitForEphemeral(engineer.id, says(PATH));
    },
    async openForm() {
      await driver.as(engineer.id).command(`migrate ${PATH}`, { channel: channels.general });
      await driver.waitForView(engineer.id, ({ submit }) => submit !== undefined);
    },
    async sendForm() {
      const { errors } = await driver.as(engineer.id).submitView({
        "meta.field.rotation": "90 days",
        "req.reason": "The checkout service moves to AWS this sprint.",
      });
      if (errors) throw new Error(`The form came back: ${JSON.stringify(errors)}`);
      await card();
    },
    async approve() {
      const { ts } = await card();
      await driver.as(approver.id).clickButton({ channel: channels.approvals, ts, actionId: "appr.approve" });
      const isReceipt = ({ thread_ts: thread }: { thread_ts?: string }) => thread === ts;
      await driver.waitForMessage(channels.approvals, isReceipt, MOVE_WITHIN_MS);
    },
    async askSupport() {
      const receipt = await driver.waitForDirectMessage(engineer.id, says("tri.ask"));
      const { channel, ts } = receipt;
      await driver.as(engineer.id).clickButton({ channel, ts, actionId: "tri.ask" });
      const opened = await driver.waitForMessage(channels.support, says("tri.claim"));
      const place = { channel: channels.support, ts: opened.ts };
      await driver.as(supporter.id).clickButton({ ...place, actionId: "tri.claim" });
      await driver.waitForMessage(
        channels.support,
        (message) => message.ts === opened.ts && says("tri.resolve")(message),
      );
      const text = "Your role needs secretsmanager:GetSecretValue on the new name. I have asked the platform team.";
      await driver.as(supporter.id).message(text, { channel: channels.support, threadTs: opened.ts });
      await driver.waitForDirectMessage(engineer.id, says("platform team"));
    },
    async openHome() {
      await driver.as(engineer.id).openHome();
      await driver.waitForHome(engineer.id, says("Migrated"));
    },
  };
}
