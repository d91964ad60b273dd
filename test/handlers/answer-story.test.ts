import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { renderMessage, renderView } from "../../dev/slack/render-as-text.ts";
import type { Message, View } from "../../dev/slack/workspace-shapes.ts";
import { identifyEntries } from "../../src/metadata/identify-entries.ts";
import { migrateStore } from "../../src/store/migrate.ts";
import { openStore, type Store } from "../../src/store/open-store.ts";
import { freshDatabase } from "../fresh-store.ts";
import { type SlackWorld, startSlackWorld } from "./slack-world.ts";

const PERSON = { engineer: "U0ENGINEER", treasurer: "U0ENGINEER2", supporter: "U0SUPPORTER" } as const;
const STRIPE = "payments/checkout/prod/stripe";
const HIDDEN = "treasury/swift/prod/signing-key";

let store: Store;
let drop: () => Promise<void>;
let world: SlackWorld;

beforeAll(async () => {
  const database = await freshDatabase();
  drop = database.drop;
  store = openStore(database.url, () => {});
  await migrateStore(store);
  world = await startSlackWorld(store);
  for (const path of [STRIPE, "payments/checkout/test/stripe", "payments/checkout/prod/db", HIDDEN]) {
    await world.addEntry(path, ["api_key", "webhook_secret"]);
  }
  for (let number = 1; number <= 12; number += 1) await world.addEntry(`payments/queue/prod/worker-${number}`);
  await identifyEntries({ store, now: () => new Date() });
});
afterAll(async () => {
  await world.stop();
  await store.destroy();
  await drop();
});

const general = () => world.slack.channels.general;
const has = (text: string) => (shown: Message | View) => JSON.stringify(shown.blocks ?? []).includes(text);
const asPerson = (who: keyof typeof PERSON) => world.drive.as(PERSON[who]);
let seen = new Set<string>();
/** The private answer to something, newer than all before. */
async function answerTo(who: keyof typeof PERSON, act: () => Promise<unknown>): Promise<Message> {
  const id = PERSON[who];
  seen = new Set((await world.drive.ephemerals(id)).map(({ ts }) => ts));
  await act();
  return world.drive.waitForEphemeral(id, ({ ts }) => !seen.has(ts));
}
const ask = (who: keyof typeof PERSON, words: string) =>
  answerTo(who, () => asPerson(who).command(words, { channel: general() }));
async function directTo(who: keyof typeof PERSON, act: () => Promise<unknown>): Promise<Message> {
  const id = PERSON[who];
  const before = new Set((await world.drive.directMessages(id)).map(({ ts }) => ts));
  await act();
  return world.drive.waitForDirectMessage(id, (it) => !before.has(it.ts) && it.user === world.slack.botUserId);
}
/** In a DM the bot must have written first: Slack opens none by itself here. */
async function dmOf(who: keyof typeof PERSON): Promise<string> {
  await world.desk.sendDirect(PERSON[who], { text: "Hello", blocks: [] });
  const channel = await world.drive.dmChannel(PERSON[who]);
  if (!channel) throw new Error("no DM");
  return channel;
}
const REFUSAL = "A rule of your organisation keeps this part of Vault to certain groups";

describe("what a secret is", () => {
  it("is said in one sentence first, then what speaks for it, whose it is, and what can be done", async () => {
    const card = renderMessage(await ask("engineer", `what secret/${STRIPE}`));
    expect(card).toContain("Most likely a Stripe payment key of `checkout` in production.");
    expect(card).toContain("Fairly sure: `stripe`, `checkout` and `prod` in the path.");
    expect(card).toContain("Nobody feeds me Vault's audit log, so I can't say who reads it.");
    expect(card).toContain("Keys `api_key`, `webhook_secret`.");
    expect(card).toContain("Likely owner `payments`: custom metadata `owner` in Vault.");
    expect(card).toContain("The same elsewhere: test at `secret/payments/checkout/test/stripe`.");
    expect(card).toContain("1 more secret in `secret/payments/checkout/prod/`: `db`.");
    for (const button of ["Ask for a migration", "That's mine", "Not mine", "Share here", "Details", "Ask support"]) {
      expect(card).toContain(`[${button}]`);
    }
  });

  it("is found by words, and shown with all that the catalogue holds on demand", async () => {
    const card = await ask("engineer", "what the stripe key of checkout in prod");
    expect(renderMessage(card)).toContain(`secret/${STRIPE}`);
    const details = await answerTo("engineer", () => asPerson("engineer").clickButton(buttonOn(card, "ask.details")));
    expect(renderMessage(details)).toContain("*Custom metadata*  `owner`: `payments`");
  });

  it("lists several, five at a time, with what tells them apart, and shows the one that is pressed", async () => {
    const list = await ask("engineer", "what queue worker");
    expect(renderMessage(list)).toContain("fits more than one secret");
    expect(renderMessage(list).match(/\[Show\]/g)).toHaveLength(5);
    const first = renderMessage(list);
    await asPerson("engineer").clickButton(buttonOn(list, "ask.more"));
    const second = await world.drive.waitForEphemeral(PERSON.engineer, has("These are 6 to 10."));
    expect(second.ts).toBe(list.ts);
    for (const path of renderMessage(second).match(/worker-\d+/g) ?? []) expect(first).not.toContain(`${path}\``);
    const card = await answerTo("engineer", () => asPerson("engineer").clickButton(buttonOn(second, "ask.what")));
    expect(renderMessage(card)).toContain("[That's mine]");
  });

  it("keeps the pages of a list to the one who asked", async () => {
    const list = await ask("engineer", "what queue worker");
    const { value } = elementOf(list, "ask.more");
    const mine = await ask("treasurer", "what queue worker");
    const forged = { ...buttonOn(mine, "ask.more"), value: value ?? "" };
    await asPerson("treasurer").clickButton(forged);
    await world.drive.waitForEphemeral(PERSON.treasurer, ({ text }) => text.includes("no longer remember"));
  });

  it("is not looked up where somebody pasted a value", async () => {
    const answer = await ask("engineer", "what AKIAIOSFODNN7EXAMPLE");
    expect(renderMessage(answer)).toContain("looks like a credential");
    expect(JSON.stringify(answer)).not.toContain("AKIA");
  });
});

describe("a path that a rule keeps to others", () => {
  it("is refused with whom to ask, in the same words whether or not there is a secret", async () => {
    const real = await ask("engineer", `what secret/${HIDDEN}`);
    const invented = await ask("engineer", "what secret/treasury/no/such/thing");
    expect(renderMessage(real)).toContain(REFUSAL);
    expect(renderMessage(real)).toContain("Ask #treasury-help.");
    expect(renderMessage(real)).toContain("[Why?]");
    expect(renderMessage(invented)).toBe(renderMessage(real));
  });

  it.each([["status"], ["migrate"]])("is refused alike by %s", async (verb) => {
    const real = await ask("engineer", `${verb} secret/${HIDDEN}`);
    const invented = await ask("engineer", `${verb} secret/treasury/no/such/thing`);
    expect(renderMessage(real)).toContain(REFUSAL);
    expect(renderMessage(invented)).toBe(renderMessage(real));
  });

  it("is shown to its group and to support, and shared into a channel by nobody", async () => {
    for (const who of ["treasurer", "supporter"] as const) {
      const card = await ask(who, `what secret/${HIDDEN}`);
      expect(renderMessage(card)).toContain("signing or encryption key");
      const refusal = await answerTo(who, () => asPerson(who).clickButton(buttonOn(card, "ask.share")));
      expect(renderMessage(refusal)).toContain("I did not share it");
    }
    expect(JSON.stringify(await world.drive.messages(general()))).not.toContain("swift");
  });

  it("is neither found by words nor by a forged button", async () => {
    const list = await ask("engineer", "what swift signing key treasury");
    expect(JSON.stringify(list)).not.toContain("swift/prod");
    const row = await store.selectFrom("entry").select("id").where("path", "=", HIDDEN).executeTakeFirstOrThrow();
    const card = await ask("engineer", `what secret/${STRIPE}`);
    for (const actionId of ["ask.share", "ask.details", "own.claim"]) {
      const forged = { ...buttonOn(card, actionId), value: `${row.id}:0` };
      const refusal = await answerTo("engineer", () => asPerson("engineer").clickButton(forged));
      expect(renderMessage(refusal)).toContain(REFUSAL);
    }
  });
});

describe("asking in words", () => {
  it("answers a mention in a direct message, and says nothing of it in the thread", async () => {
    let ts = "";
    const card = await directTo("engineer", async () => {
      const text = `<@${world.slack.botUserId}> what is secret/${STRIPE}?`;
      ts = await asPerson("engineer").message(text, { channel: general() });
    });
    expect(renderMessage(card)).toContain("Most likely a Stripe payment key");
    expect(renderMessage(card)).not.toContain("[Share here]");
    const told = await world.drive.waitForMessage(general(), ({ thread_ts: thread }) => thread === ts);
    expect(renderMessage(told)).toContain("I answered in a direct message");
    const hidden = await directTo("engineer", async () => {
      const text = `<@${world.slack.botUserId}> what is secret/${HIDDEN}?`;
      ts = await asPerson("engineer").message(text, { channel: general() });
    });
    expect(renderMessage(hidden)).toContain(REFUSAL);
    const toldAgain = await world.drive.waitForMessage(general(), ({ thread_ts: thread }) => thread === ts);
    expect(renderMessage(toldAgain)).toBe(renderMessage(told));
  });

  it("answers a direct message, and a value in it with what to do, without keeping it", async () => {
    const channel = await dmOf("engineer");
    const card = await directTo("engineer", () =>
      asPerson("engineer").message("the stripe key of checkout in prod", { channel }),
    );
    expect(renderMessage(card)).toContain(`secret/${STRIPE}`);
    const pasted = await directTo("engineer", () =>
      asPerson("engineer").message("what is ghp_abcdefghijklmnopqrstuvwxyz0123", { channel }),
    );
    expect(renderMessage(pasted)).toContain("rotate the credential");
    expect(`${JSON.stringify(pasted)}${world.knobs.logged.join()}`).not.toContain("ghp_");
  });

  it("leaves the thread of a case to support, and names the open case in other answers", async () => {
    const channel = await dmOf("treasurer");
    const card = await ask("treasurer", `what secret/${STRIPE}`);
    await answerTo("treasurer", () => asPerson("treasurer").clickButton(buttonOn(card, "tri.ask")));
    await world.settle();
    const opened = await world.drive.waitForMessage(world.slack.channels.support, has("tri.claim"));
    await asPerson("supporter").clickButton(buttonOn(opened, "tri.claim"));
    await expect.poll(() => openRelays()).toBe(0);
    await asPerson("supporter").message("Which service is it for?", {
      channel: world.slack.channels.support,
      threadTs: opened.ts,
    });
    await expect.poll(() => openRelays()).toBe(1);
    await world.settle();
    const question = await world.drive.waitForDirectMessage(PERSON.treasurer, has("Which service is it for?"));
    const before = (await world.drive.directMessages(PERSON.treasurer)).length;
    const threadTs = question.thread_ts ?? question.ts;
    await asPerson("treasurer").message("for secret/payments/checkout/prod/db", { channel, threadTs });
    await expect.poll(() => openRelays()).toBe(2);
    const other = await directTo("treasurer", () => asPerson("treasurer").message("queue worker", { channel }));
    expect(renderMessage(other)).toContain("You have an open case, CS-");
    expect((await world.drive.directMessages(PERSON.treasurer)).length).toBe(before + 3); // theirs, theirs, one answer
  });
});

const openRelays = async () =>
  Number(
    (
      await store
        .selectFrom("supportRelay")
        .select(({ fn }) => fn.countAll().as("n"))
        .executeTakeFirstOrThrow()
    ).n,
  );

describe("What secret is this? on a message", () => {
  it("answers for the one path in it, as if it had been asked", async () => {
    const ts = await asPerson("treasurer").message(`who rotates secret/${STRIPE}?`, { channel: general() });
    const card = await answerTo("engineer", () =>
      asPerson("engineer").messageShortcut("what_secret", { channel: general(), ts }),
    );
    expect(renderMessage(card)).toContain("Most likely a Stripe payment key");
  });

  it("answers for several at once, hidden and unknown ones among them", async () => {
    const text = `secret/${STRIPE} and secret/payments/checkout/prod/db, not secret/nobody/knows or secret/${HIDDEN}`;
    const ts = await asPerson("treasurer").message(text, { channel: general() });
    const answer = renderMessage(
      await answerTo("engineer", () => asPerson("engineer").messageShortcut("what_secret", { channel: general(), ts })),
    );
    expect(answer.match(/\[Show\]/g)).toHaveLength(2);
    expect(answer).toContain("I know no secret of that name.");
    expect(answer).toContain(REFUSAL);
  });

  it("looks nothing up in a message that holds a value", async () => {
    const text = `secret/${STRIPE} is sk_live_abcdefghijklmnop`;
    const ts = await asPerson("treasurer").message(text, { channel: general() });
    const answer = await answerTo("engineer", () =>
      asPerson("engineer").messageShortcut("what_secret", { channel: general(), ts }),
    );
    expect(renderMessage(answer)).toContain("looks like a credential");
    expect(JSON.stringify(answer)).not.toContain("sk_live");
  });
});

describe("Find a secret", () => {
  it("offers names while one types, visible ones only, and draws the card into the same window", async () => {
    await asPerson("engineer").shortcut("find_secret");
    await world.drive.waitForView(PERSON.engineer, ({ callback_id: id }) => id === "ask.find");
    const options = await asPerson("engineer").suggestions("ask.find.secret", "checkout stripe");
    expect(options.map(({ text }) => text.text)).toContain(`secret/${STRIPE}`);
    for (const typed of ["swift signing", "signing-key", `secret/${HIDDEN}`]) {
      const others = await asPerson("engineer").suggestions("ask.find.secret", typed);
      expect(JSON.stringify(others)).not.toContain("treasury");
    }
    const option = options.find(({ text }) => text.text === `secret/${STRIPE}`);
    if (option) await asPerson("engineer").clickInView({ actionId: "ask.find.secret", option });
    const view = await world.drive.waitForView(PERSON.engineer, has("own.claim"));
    expect(renderView(view)).toContain("Most likely a Stripe payment key");
    expect(renderView(view)).not.toContain("[Share here]");
  });

  it("shows the card by the form's own button, too, and the form for a migration on top of it", async () => {
    const [option] = await asPerson("engineer").suggestions("ask.find.secret", `secret/${STRIPE}`);
    await asPerson("engineer").submitView({ "ask.find.secret": option?.value ?? "" });
    await world.drive.waitForView(PERSON.engineer, has("own.claim"));
    await asPerson("engineer").clickInView({ actionId: "ask.migrate" });
    await world.drive.waitForView(PERSON.engineer, ({ callback_id: id, submit }) => id === "req.new" && !!submit);
    expect(world.drive.openViews(PERSON.engineer)).toHaveLength(2);
    await asPerson("engineer").closeView();
  });
});

describe("whose it is", () => {
  it("is recorded by a member's word, drawn into the card, and taken back by another", async () => {
    const card = await ask("engineer", "what secret/payments/checkout/prod/db");
    await asPerson("engineer").clickButton(buttonOn(card, "own.claim"));
    const claimed = await world.drive.waitForEphemeral(PERSON.engineer, has("confirmed by"));
    expect(claimed.ts).toBe(card.ts);
    expect(renderMessage(claimed)).toContain("Owner `payments`, confirmed by @U0ENGINEER");
    await asPerson("engineer").clickButton(buttonOn(claimed, "own.disclaim"));
    const denied = await world.drive.waitForEphemeral(PERSON.engineer, has("that it is not theirs"));
    expect(denied.ts).toBe(card.ts);
  });

  it("is not recorded for somebody in no team, who is told what to do", async () => {
    const card = await ask("supporter", "what secret/payments/checkout/prod/db");
    const refusal = await answerTo("supporter", () => asPerson("supporter").clickButton(buttonOn(card, "own.claim")));
    expect(renderMessage(refusal)).toContain("in none of the teams");
  });

  it("is asked for where somebody speaks for several teams", async () => {
    const { payments, treasury } = world.slack.usergroups;
    world.slack.setUsergroupMembers(payments.id, [PERSON.engineer, PERSON.treasurer]);
    try {
      const card = await ask("treasurer", "what secret/payments/checkout/test/stripe");
      await asPerson("treasurer").clickButton(buttonOn(card, "own.claim"));
      await world.drive.waitForView(PERSON.treasurer, ({ callback_id: id }) => id === "own.team.pick");
      await asPerson("treasurer").submitView({ "own.team": "treasury" });
      const view = await world.drive.waitForView(PERSON.treasurer, has("confirmed by"));
      expect(renderView(view)).toContain("Owner `treasury`");
      await asPerson("treasurer").closeView();
    } finally {
      world.slack.setUsergroupMembers(payments.id, [...payments.users]);
      world.slack.setUsergroupMembers(treasury.id, [...treasury.users]);
    }
  });
});

const elementOf = ({ blocks = [] }: Message, actionId: string) => {
  const found = blocks
    .flatMap(({ elements = [], accessory }) => [...elements, ...(accessory ? [accessory] : [])])
    .find(({ action_id: id }) => id === actionId);
  if (!found) throw new Error(`no ${actionId} in ${JSON.stringify(blocks)}`);
  return found;
};
const buttonOn = ({ channel, ts }: Pick<Message, "channel" | "ts">, actionId: string) => ({ channel, ts, actionId });
