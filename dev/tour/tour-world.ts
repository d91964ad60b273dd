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

export interface Person {
  readonly id: string;
  readonly realName: string;
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
  seeView(who: string, view: View, where?: string): void;
  /** Does something, and shows what that person alone is told upon it. `upon` says what was done. */
  answerTo(who: Person, upon: string, act: () => Promise<unknown>): Promise<Message>;
  /** The message that comes to a person's DM upon something, and fits. */
  directUpon(who: Person, fits: RegExp, act: () => Promise<unknown>): Promise<Message>;
  /** Every state that a message had, in order: its headline and its progress. */
  historyOf(message: Message): string[];
  rows<T extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<T[]>;
  /** Holds what the statement locks for as long as `work` takes. */
  holding(text: string, values: unknown[], work: () => Promise<void>): Promise<void>;
  /** A call to Vault with the operator's token. @returns The status and the parsed body. */
  vault(method: string, path: string, body?: unknown): Promise<{ status: number; body: Record<string, unknown> }>;
  unsealKey(): Promise<string>;
  /** The target's name in the newest request for a path. */
  targetOf(path: string): Promise<string>;
  /** A path of the estate, KV v2, that no step has used, with so many keys at least, and which everybody may see. */
  unusedPath(keyCount?: number): Promise<string>;
  /** Answers for the fields of a form that came without a suggestion. */
  openFieldsOf(view: View): Record<string, FieldValue>;
  /** Somebody, the engineer unless told, asks for a secret's migration by the form. @returns The approvers' card. */
  ask(path: string, answers?: Record<string, FieldValue>, by?: Person): Promise<Message>;
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
  const isNew = async (look: () => Promise<Message[]>): Promise<(message: Message) => boolean> => {
    const before = new Set((await look()).map(({ ts }) => ts));
    return ({ ts }) => !before.has(ts);
  };
  const see: Tour["see"] = (who, where, what) => {
    seen(`${who}, ${where}:`);
    for (const line of what.trimEnd().split("\n")) seen(`  | ${line}`);
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
    seeView: (who, view, where = "a form") => see(who, where, renderView(view, names)),
    async answerTo(who, upon, act) {
      const fresh = await isNew(() => drive.ephemerals(who.id));
      await act();
      const answer = await drive.waitForEphemeral(who.id, fresh);
      see(who.realName, `privately, after ${upon}`, renderMessage(answer, names));
      return answer;
    },
    async directUpon(who, fits, act) {
      const fresh = await isNew(() => drive.directMessages(who.id));
      await act();
      const heard = await drive.waitForDirectMessage(who.id, (it) => fresh(it) && fits.test(textOf(it)), 20_000);
      see(who.realName, "a direct message", renderMessage(heard, names));
      return heard;
    },
    historyOf: ({ ts }) => {
      const states = drive
        .log()
        .shown.flatMap((it) => (isMessage(it) && it.ts === ts ? [renderMessage(it, names)] : []));
      const brief = states.map((text) => {
        const progress = /\*Progress\*.*/.exec(text)?.[0] ?? "";
        return [text.split("\n")[0], progress].filter(Boolean).join("   ");
      });
      return brief.filter((line, at) => line !== brief[at - 1]);
    },
    rows: async (text, values = []) => (await pool.query(text, values)).rows,
    async holding(text, values, work) {
      const client = await pool.connect();
      try {
        await client.query("begin");
        await client.query(text, values);
        await work();
      } finally {
        await client.query("rollback");
        client.release();
      }
    },
    async vault(method, path, body) {
      const response = await fetch(`${stack.vault.address}/v1/${path}`, {
        method,
        headers: { "X-Vault-Token": stack.vault.rootToken },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      return { status: response.status, body: text === "" ? {} : JSON.parse(text) };
    },
    async targetOf(path) {
      const { rows } = await pool.query<{ name: string }>(
        `select r.content::jsonb -> 'content' -> 'target' ->> 'name' as name from request r
         join entry e on e.id = r.entry_id where e.full_path = $1 order by r.created_at desc limit 1`,
        [path],
      );
      expect(rows[0] !== undefined, `nobody asked for ${path}`);
      return rows[0].name;
    },
    async unusedPath(keyCount = 1) {
      const { rows } = await pool.query<{ full_path: string }>(
        `select full_path from entry where engine = 'kv-v2' and path not like 'odd/%' and path not like 'treasury/%'
         and path !~ '[*+]' and jsonb_array_length(key_names) >= $1 and id not in (select entry_id from request) order by id limit 1`,
        [keyCount],
      );
      expect(rows[0] !== undefined, "the estate has no unused secret left");
      return rows[0].full_path;
    },
    async unsealKey() {
      const log = await readFile(join(runDir, "logs", "vault.log"), "utf8");
      const key = /Unseal Key: (\S+)/.exec(log)?.[1];
      expect(key !== undefined, "the practice Vault printed no unseal key");
      return key;
    },
    async ask(path, answers = {}, by = people.engineer) {
      const before = (await drive.messages(channels.approvals)).filter(isCard(path)).length;
      await drive.as(by.id).command(`migrate ${path}`, { channel: channels.general });
      const view = await drive.waitForView(by.id, ({ submit }) => submit !== undefined);
      const { errors } = await drive.as(by.id).submitView({ ...openFieldsOf(view), ...FORM, ...answers });
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
    openFieldsOf,
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

function isMessage(it: unknown): it is Message {
  return typeof it === "object" && it !== null && "ts" in it && "text" in it;
}

/** Answers for the fields that came without a suggestion. */
function openFieldsOf(view: View): Record<string, FieldValue> {
  const open = Object.entries(OPEN_FIELDS).filter(([blockId]) => {
    const element = view.blocks.find((block) => block.block_id === blockId)?.element;
    return element !== undefined && !element.initial_value && !element.initial_option;
  });
  return Object.fromEntries(open);
}
