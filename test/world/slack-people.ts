import type { PracticeWorld } from "../../dev/practice-world.ts";
import { driveSlack, type SlackDriver } from "../../dev/slack/drive.ts";
import type { FieldValue } from "../../dev/slack/fill-view.ts";
import type { Message } from "../../dev/slack/workspace-shapes.ts";

export const ENGINEER = "U0ENGINEER";
export const APPROVER = "U0APPROVER";

const FORM = {
  "meta.field.purpose": "a login that a test moves",
  "meta.field.ownerTeam": "payments",
  "meta.field.application": "canary",
  "meta.field.environment": "test",
  "meta.field.classification": "restricted",
  "meta.field.rotation": "none",
  "req.reason": "The canary test moves it.",
};

export interface SlackPeople {
  readonly drive: SlackDriver;
  /** The engineer fills in the form for `path` as it was suggested, and sends it. @returns The approvers' card. */
  ask(path: string, answers?: Record<string, FieldValue>): Promise<Message>;
  click(person: string, card: Message, actionId: string): Promise<void>;
  /** The approvers' card as it stands. */
  card(path: string): Promise<Message>;
  /** Waits until the card's own text fits. */
  waitForCard(path: string, text: RegExp, timeoutMs?: number): Promise<Message>;
}

/** The people of a practice world: one engineer who asks, one approver who decides. */
export async function slackPeople(world: Pick<PracticeWorld, "slack">): Promise<SlackPeople> {
  const { slack } = world;
  const drive = await driveSlack(slack);
  const { approvals, general } = slack.channels;
  const isCard = (path: string) => (message: Message) =>
    message.thread_ts === undefined && JSON.stringify(message.blocks ?? []).includes(path);
  return {
    drive,
    ask: async (path, answers = {}) => {
      await drive.as(ENGINEER).command(`migrate ${path}`, { channel: general });
      await drive.waitForView(ENGINEER, (view) => view.submit !== undefined && view.callback_id === "req.new");
      const { errors } = await drive.as(ENGINEER).submitView({ ...FORM, ...answers });
      if (errors) throw new Error(`the form for ${path} was refused: ${JSON.stringify(errors)}`);
      return drive.waitForMessage(approvals, isCard(path));
    },
    click: (person, { channel, ts }, actionId) => drive.as(person).clickButton({ channel, ts, actionId }),
    card: async (path) => drive.waitForMessage(approvals, isCard(path)),
    waitForCard: (path, text, timeoutMs = 15_000) =>
      drive.waitForMessage(approvals, (message) => isCard(path)(message) && text.test(message.text), timeoutMs),
  };
}
