import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { renderMessage, renderView } from "../../dev/slack/render-as-text.ts";
import type { Message } from "../../dev/slack/workspace-shapes.ts";
import type { RequestContent } from "../../src/approvals/content.ts";
import { shapeValue } from "../../src/slack/shape-inputs.ts";
import { migrateStore } from "../../src/store/migrate.ts";
import { openStore, type Store } from "../../src/store/open-store.ts";
import { enqueueRedraw } from "../../src/store/outbox.ts";
import type { TargetConflict } from "../../src/store/tables/migrations.ts";
import { freshDatabase } from "../fresh-store.ts";
import { type SlackWorld, startSlackWorld } from "./slack-world.ts";

let store: Store;
let drop: () => Promise<void>;
let world: SlackWorld;
let count = 0;

beforeAll(async () => {
  const database = await freshDatabase();
  drop = database.drop;
  store = openStore(database.url, () => {});
  await migrateStore(store);
  world = await startSlackWorld(store);
});
afterAll(async () => {
  await world.stop();
  await store.destroy();
  await drop();
});
beforeEach(() => {
  Object.assign(world.knobs, { faults: [], foreign: [] });
});

const { engineer, approver } = { engineer: "U0ENGINEER", approver: "U0APPROVER" };
const FORM = {
  "meta.field.purpose": "card gateway login",
  "meta.field.application": "card-gateway",
  "meta.field.classification": "restricted",
  "req.reason": "The gateway moves to AWS.",
};
const ARN = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:bank/theirs-AbCdEf";
const CONFLICT: TargetConflict = {
  targetName: "bank/theirs",
  arn: ARN,
  versionId: "v-1",
  tags: { team: "ledger" },
  isTombstone: false,
  keys: { same: ["username"], different: ["password"], onlyInVault: ["host"], onlyInAws: [] },
  whole: null,
  others: [],
};
const isCard = (text: string) => (message: Message) =>
  JSON.stringify(message.blocks ?? []).includes(text) && message.thread_ts === undefined;
const where = () => ({ channel: world.slack.channels.general });

async function openForm(text: string) {
  await world.drive.as(engineer).command(text, where());
  return world.drive.waitForView(engineer, ({ submit, callback_id: id }) => submit !== undefined && id === "req.new");
}

/** Asked, approved, and met somebody else's target, as the engine leaves it. @returns The requester's own card. */
async function conflicted(patch: Partial<TargetConflict> = {}) {
  const path = `payments/conflict-${++count}/prod`;
  await world.addEntry(path, ["username", "password", "host"]);
  await openForm(`migrate secret/${path}`);
  expect(await world.drive.as(engineer).submitView(FORM)).toEqual({});
  await world.settle();
  const asked = await world.drive.waitForMessage(world.slack.channels.approvals, isCard(path));
  await world.drive.as(approver).clickButton({ channel: asked.channel, ts: asked.ts, actionId: "appr.approve" });
  await expect.poll(() => rowOf(path).then(({ status }) => status)).toBe("approved");
  const { id } = await rowOf(path);
  const failed = { state: "failed", causeCode: "TARGET_NOT_OURS", causeText: "Nothing was written." } as const;
  await store
    .updateTable("migration")
    .set({ ...failed, comparison: JSON.stringify({ ...CONFLICT, ...patch }), finishedAt: new Date() })
    .where("requestId", "=", id)
    .execute();
  await store.updateTable("request").set({ status: "failed" }).where("id", "=", id).execute();
  await enqueueRedraw(store, `request:${id}`);
  await world.settle();
  const mine = await world.drive.waitForDirectMessage(
    engineer,
    (message) => isCard("In the way")(message) && isCard(path)(message),
  );
  return { path, id, asked, mine };
}

const rowOf = (path: string) =>
  store
    .selectFrom("request")
    .innerJoin("entry", "entry.id", "request.entryId")
    .select(["request.id", "request.status", "request.version", "request.content"])
    .where("entry.path", "=", path)
    .executeTakeFirstOrThrow();
const contentOf = async (path: string): Promise<RequestContent> => JSON.parse((await rowOf(path)).content).content;
const press = (person: string, { channel, ts }: Message, actionId: string) =>
  world.drive.as(person).clickButton({ channel, ts, actionId });

describe("a move that met somebody else's target", () => {
  it("shows whose it is, what is the same by the names of keys, and three ways on to its requester alone", async () => {
    const { asked, mine } = await conflicted();
    const said = renderMessage(mine);
    expect(said).toContain(ARN);
    expect(said).toContain("Same in both: `username`. Different: `password`. Only in Vault: `host`.");
    expect(said).toContain("[Take it over]  [Choose another name]  [Stop]");
    const redrawn = await world.drive.waitForMessage(
      asked.channel,
      (message) => message.ts === asked.ts && isCard("In the way")(message),
    );
    expect(renderMessage(redrawn)).not.toContain("[Take it over]");
  });

  it("is taken over: the modal says what will happen, and the approvers decide on the target as it was seen", async () => {
    const { path, id, asked, mine } = await conflicted();
    await press(engineer, mine, "req.takeover");
    const modal = renderView(
      await world.drive.waitForView(engineer, ({ callback_id: callback }) => callback === "req.takeover.submit"),
    );
    expect(modal).toContain("Its current version is `v-1`");
    expect(modal).toContain("`owner-team`: `billing`");
    expect(modal).toContain("stays as AWSPREVIOUS");
    await world.drive.as(engineer).submitView({});
    await world.settle();
    expect(await rowOf(path)).toMatchObject({ status: "waiting", version: 2 });
    expect((await contentOf(path)).adopt).toEqual({ arn: ARN, versionId: "v-1", isTombstone: false });
    const card = await world.drive.waitForMessage(
      asked.channel,
      (message) => message.ts === asked.ts && isCard("Takes over")(message),
    );
    expect(renderMessage(card)).toContain(`takes over: \`nothing\` → \`${ARN}\``);
    await press(approver, card, "appr.approve");
    await expect.poll(() => rowOf(path).then(({ status }) => status)).toBe("approved");
    const { bytes } = await store
      .selectFrom("statement")
      .select("bytes")
      .where("requestId", "=", id)
      .where("requestVersion", "=", 2)
      .executeTakeFirstOrThrow();
    expect(JSON.parse(bytes).adopt.arn).toBe(ARN);
  });

  it("is nobody else's to decide, whatever they press", async () => {
    const { path, mine } = await conflicted();
    for (const actionId of ["req.takeover", "req.stop"]) {
      await press(approver, mine, actionId);
      await world.drive.waitForEphemeral(approver, isCard("<@U0ENGINEER>"));
    }
    await press(approver, mine, "req.rename");
    expect(await rowOf(path)).toMatchObject({ status: "failed", version: 1 });
  });

  it("gets another name by its own form, and waits again", async () => {
    const { path, mine } = await conflicted();
    await press(engineer, mine, "req.rename");
    await world.drive.waitForView(engineer, ({ submit }) => submit !== undefined);
    const name = `bank/free-${count}`;
    expect(await world.drive.as(engineer).submitView({ ...FORM, "req.name": name })).toEqual({});
    await world.settle();
    expect(await rowOf(path)).toMatchObject({ status: "waiting", version: 2 });
    expect(await contentOf(path)).toMatchObject({ adopt: null, target: { name } });
  });

  it("is stopped, with what stopped it in the chain, and can't be retried or taken over any more", async () => {
    const { path, id, mine } = await conflicted();
    await press(engineer, mine, "req.stop");
    await expect.poll(() => rowOf(path).then(({ status }) => status)).toBe("withdrawn");
    const event = await store
      .selectFrom("auditEvent")
      .select(["actor", "content"])
      .where("kind", "=", "request.stopped")
      .where("subject", "=", `request:${id}`)
      .executeTakeFirstOrThrow();
    expect([event.actor, JSON.parse(event.content).reason]).toEqual([engineer, "TARGET_NOT_OURS"]);
    for (const actionId of ["req.takeover", "job.retry", "req.stop"]) await press(engineer, mine, actionId);
    await world.drive.waitForEphemeral(engineer, isCard("That choice is no longer there"));
    expect(await rowOf(path)).toMatchObject({ status: "withdrawn", version: 1 });
  });

  it("says so where nothing can be compared, and offers no taking over where two names of a split are taken", async () => {
    const tombstone = await conflicted({ keys: null, whole: "unreadable", isTombstone: true, versionId: null });
    expect(renderMessage(tombstone.mine)).toContain("Nobody can read what is scheduled for deletion");
    expect(renderMessage(tombstone.mine)).toContain("Once AWS has deleted it");
    const split = await conflicted({ others: ["bank/theirs/two"] });
    expect(renderMessage(split.mine)).not.toContain("[Take it over]");
    expect(renderMessage(split.mine)).toContain("[Choose another name]  [Stop]");
  });
});

describe("the form", () => {
  const opened = async (option = "", keys = ["username", "password"], versions = 3) => {
    const path = `payments/form-${++count}/prod`;
    const entryId = await world.addEntry(path, keys);
    const all = Array.from({ length: versions }, (_, index) => ({
      version: 7 - index,
      createdTime: "2026-10-01T08:00:00Z",
      deletionTime: null,
      isDestroyed: index === 2,
    }));
    await store
      .updateTable("entry")
      .set({ versions: JSON.stringify(all) })
      .where("id", "=", entryId)
      .execute();
    return { path, view: renderView(await openForm(`migrate secret/${path}${option}`)) };
  };

  it("takes a value apart into named groups, and says what is wrong under them", async () => {
    const { path } = await opened();
    const send = (groups: string, shape = "split") =>
      world.drive.as(engineer).submitView({ ...FORM, "req.shape": shape, "req.parts": groups });
    for (const [groups, words] of [
      ["db: username", "two groups or more"],
      ["db: username\napi: token", "no key token"],
      ["db: username\nDB: password", "called db"],
      ["db: username\napi: username", "named twice"],
      ["db username", "Line 1"],
    ] as const) {
      expect((await send(groups)).errors?.["req.parts"]).toContain(words);
    }
    expect((await send("db: username\napi: password", "document")).errors?.["req.parts"]).toContain("Choose");
    expect(await send("db: username\n\n api : password ")).toEqual({});
    await world.settle();
    const { shape } = await contentOf(path);
    expect(shape).toEqual({
      kind: "split",
      parts: [
        { name: "db", keys: ["username"] },
        { name: "api", keys: ["password"] },
      ],
    });
    const card = await world.drive.waitForMessage(world.slack.channels.approvals, isCard(path));
    expect(renderMessage(card)).toContain("2 secrets, each a JSON document");
    expect(renderMessage(card)).toContain("`/db` with `username`");
  });

  it("takes a key's bytes, older versions from the command, and says how many Vault can give", async () => {
    const { path, view } = await opened(" --versions 5");
    expect(view).toContain("Vault can give 1 older version of it now, not 5");
    const shape = { kind: "single", key: "password", encoding: "base64" } as const;
    expect(await world.drive.as(engineer).submitView({ ...FORM, "req.shape": shapeValue(shape) })).toEqual({});
    await world.settle();
    expect(await contentOf(path)).toMatchObject({ shape, olderVersions: 1 });
    const card = await world.drive.waitForMessage(world.slack.channels.approvals, isCard(path));
    expect(renderMessage(card)).toContain("key `password`, decoded from base64 (binary)");
    expect(renderMessage(card)).toContain("1 version at most besides the newest");
  });

  it.each(["abc", "18", "-1", "1.5", ""])(
    "answers --versions %j with what it takes, and opens no form",
    async (given) => {
      const path = `payments/form-${++count}/prod`;
      await world.addEntry(path);
      await world.drive.as(engineer).command(`migrate secret/${path} --versions ${given}`, where());
      await world.drive.waitForEphemeral(engineer, isCard("a number from 0 to 17"));
    },
  );

  it("takes over what stands at the name, as it is seen at that moment", async () => {
    const { path } = await opened();
    const seen = { arn: ARN, versionId: null, isTombstone: true };
    world.knobs.foreign = [seen, { ...seen, arn: `${ARN}2` }];
    const send = () => world.drive.as(engineer).submitView({ ...FORM, "req.taken": "take-over" });
    expect((await send()).errors?.["req.taken"]).toContain("2 of these names are taken");
    world.knobs.foreign = [seen];
    expect(await send()).toEqual({});
    await world.settle();
    expect((await contentOf(path)).adopt).toEqual(seen);
    const card = await world.drive.waitForMessage(world.slack.channels.approvals, isCard(path));
    expect(renderMessage(card)).toContain("scheduled for deletion and will be restored");
  });
});
