import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import pg from "pg";
import { PRACTICE_TARGET } from "../glovebox/practice-rules.ts";
import type { PracticeWorld } from "../practice-world.ts";
import { driveSlack, type SlackDriver } from "../slack/drive.ts";
import type { FieldValue } from "../slack/fill-view.ts";
import { renderMessage, renderView } from "../slack/render-as-text.ts";
import type { Message, View } from "../slack/workspace-shapes.ts";

/** One thing that the tour does; it fails by throwing. */
export interface Step {
  readonly name: string;
  run(tour: Tour): Promise<void>;
}

/** What every step may use: the world, people's hands and eyes, and an operator's view of the servers. */
export interface Tour {
  readonly world: PracticeWorld;
  readonly drive: SlackDriver;
  readonly people: PracticeWorld["slack"]["people"];
  readonly channels: PracticeWorld["slack"]["channels"];
  readonly aws: SecretsManagerClient;
  /** Keeps what a person sees, to be printed under the step. */
  see(who: string, where: string, what: string): void;
  seeMessage(who: string, where: string, message: Message): void;
  seeView(who: string, view: View): void;
  rows<T extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<T[]>;
  /** A call to Vault with the operator's token. @returns The status and the parsed body. */
  vault(method: string, path: string, body?: unknown): Promise<{ status: number; body: Record<string, unknown> }>;
  unsealKey(): Promise<string>;
  /** The engineer asks for a secret's migration by the form. @returns The approvers' card. */
  ask(path: string, answers?: Record<string, FieldValue>): Promise<Message>;
  card(requestText: string): Promise<Message>;
  waitForCard(path: string, text: RegExp, timeoutMs?: number): Promise<Message>;
  click(who: string, message: Message, actionId: string): Promise<void>;
  approve(path: string): Promise<Message>;
  close(): Promise<void>;
}

const FORM = { "meta.field.rotation": "90 days", "req.reason": "The service moves to AWS this sprint." };
/** What suggestions may leave open: a person answers. */
const OPEN_FIELDS = {
  "meta.field.purpose": "service login",
  "meta.field.ownerTeam": "team-practice",
  "meta.field.application": "practice",
  "meta.field.environment": "prod",
  "meta.field.classification": "confidential",
};

export function expect(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Error(what);
}

export const textOf = (message: Message | View): string => JSON.stringify(message);

export async function openTour(world: PracticeWorld, seen: (line: string) => void): Promise<Tour> {
  const { slack, stack, runDir } = world;
  const { people, channels } = slack;
  const drive = await driveSlack(slack);
  const pool = new pg.Pool({ connectionString: stack.postgres.url, max: 2 });
  pool.on("error", () => {});
  const credentials = { accessKeyId: "practice", secretAccessKey: "practice" };
  const aws = new SecretsManagerClient({
    endpoint: stack.aws.endpointUrl,
    region: PRACTICE_TARGET.region,
    credentials,
  });
  const names = Object.fromEntries([
    ...Object.values(people).map(({ id, realName }) => [id, realName]),
    ...Object.values(slack.usergroups).map(({ id, handle }) => [id, handle]),
  ]);
  const see: Tour["see"] = (who, where, what) => {
    seen(`${who}, ${where}:`);
    for (const line of what.split("\n")) seen(`  | ${line}`);
  };
  const isCard = (path: string) => (message: Message) =>
    message.thread_ts === undefined && JSON.stringify(message.blocks ?? []).includes(JSON.stringify(path).slice(1, -1));
  const card: Tour["card"] = async (path) => {
    const all = (await drive.messages(channels.approvals)).filter(isCard(path));
    const last = all.at(-1);
    expect(last !== undefined, `there is no card for ${path}`);
    return last;
  };
  const waitForCard: Tour["waitForCard"] = async (path, text, timeoutMs = 20_000) => {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const message = await card(path).catch(() => null);
      if (message && text.test(renderMessage(message, names))) return message;
      if (Date.now() > deadline) {
        const seenText = message ? renderMessage(message, names) : "no card";
        throw new Error(
          `the card of ${path} did not come to say ${text} within ${timeoutMs} ms; it says:\n${seenText}`,
        );
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  };
  const click: Tour["click"] = (who, { channel, ts }, actionId) =>
    drive.as(who).clickButton({ channel: channel ?? channels.approvals, ts, actionId });
  return {
    world,
    drive,
    people,
    channels,
    aws,
    see,
    seeMessage: (who, where, message) => see(who, where, renderMessage(message, names)),
    seeView: (who, view) => see(who, "a form", renderView(view, names)),
    rows: async (text, values = []) => (await pool.query(text, values)).rows,
    async vault(method, path, body) {
      const response = await fetch(`${stack.vault.address}/v1/${path}`, {
        method,
        headers: { "X-Vault-Token": stack.vault.rootToken },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      return { status: response.status, body: text === "" ? {} : JSON.parse(text) };
    },
    async unsealKey() {
      const log = await readFile(join(runDir, "logs", "vault.log"), "utf8");
      const key = /Unseal Key: (\S+)/.exec(log)?.[1];
      expect(key !== undefined, "the practice Vault printed no unseal key");
      return key;
    },
    async ask(path, answers = {}) {
      const before = (await drive.messages(channels.approvals)).filter(isCard(path)).length;
      await drive.as(people.engineer.id).command(`migrate ${path}`, { channel: channels.general });
      const view = await drive.waitForView(people.engineer.id, ({ submit }) => submit !== undefined);
      const { errors } = await drive.as(people.engineer.id).submitView({ ...openFieldsOf(view), ...FORM, ...answers });
      expect(errors === undefined, `the form for ${path} came back: ${JSON.stringify(errors)}`);
      const deadline = Date.now() + 20_000;
      for (;;) {
        const cards = (await drive.messages(channels.approvals)).filter(isCard(path));
        const last = cards.at(-1);
        if (last !== undefined && cards.length > before) return last;
        expect(Date.now() < deadline, `no card came of the form for ${path}`);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    },
    card,
    waitForCard,
    click,
    async approve(path) {
      const message = await card(path);
      await click(people.approver.id, message, "appr.approve");
      return message;
    },
    async close() {
      drive.close();
      aws.destroy();
      await pool.end();
    },
  };
}

/** Answers for the fields that came without a suggestion. */
function openFieldsOf(view: View): Record<string, FieldValue> {
  const open = Object.entries(OPEN_FIELDS).filter(([blockId]) => {
    const element = view.blocks.find((block) => block.block_id === blockId)?.element;
    return element !== undefined && !element.initial_value && !element.initial_option;
  });
  return Object.fromEntries(open);
}
