import { PRACTICE_TARGET } from "../glovebox/practice-rules.ts";
import type { Message } from "../slack/workspace-shapes.ts";
import { command, STRIPE } from "./asking.ts";
import { expect, type Person, type Step, type Tour, textOf } from "./tour-world.ts";

const TARGET = `${PRACTICE_TARGET.namePrefix}${STRIPE}`;
const ARN = `arn:aws:secretsmanager:${PRACTICE_TARGET.region}:${PRACTICE_TARGET.accountId}:secret:${TARGET}-AbCdEf`;
const KEPT = /keeps this part of Vault to certain groups/;

/** What a person is told privately upon a message of somebody's, by the shortcut in its menu. */
async function whatSecretIsThis(tour: Tour, text: string): Promise<Message> {
  const { drive, people, channels } = tour;
  const ts = await drive.as(people.engineer2.id).message(text, { channel: channels.general });
  return tour.answerTo(people.engineer, `"What secret is this?" on: ${text}`, () =>
    drive.as(people.engineer.id).messageShortcut("what_secret", { channel: channels.general, ts }),
  );
}

async function mention(tour: Tour, who: Person, words: string): Promise<{ told: Message; answer: Message }> {
  const { drive, channels, world } = tour;
  let ts = "";
  const answer = await tour.directUpon(who, /./, async () => {
    ts = await drive.as(who.id).message(`<@${world.slack.botUserId}> ${words}`, { channel: channels.general });
  });
  const told = await drive.waitForMessage(channels.general, ({ thread_ts: thread }) => thread === ts);
  tour.seeMessage("everybody", "the thread in #general", told);
  return { told, answer };
}

/** A path of the payments team's that the rest of the tour leaves alone. */
async function paymentsPath(tour: Tour): Promise<string> {
  const [row] = await tour.rows<{ full_path: string }>(
    "select full_path from entry where full_path like 'secret/payments/%' and full_path <> $1 and gone_at is null and path !~ '[*+]' order by full_path desc limit 1",
    [STRIPE],
  );
  expect(row !== undefined, "the estate has no other secret of payments");
  return row.full_path;
}

export const ANSWERING: readonly Step[] = [
  {
    name: "the answer is one sentence first, then who reads it, whose it is, and what comes next",
    async run(tour) {
      const answer = textOf(
        await command(tour, `what ${STRIPE}`, /Most likely a Stripe payment key of `checkout` in production/),
      );
      expect(/Fairly sure: /.test(answer), "nothing speaks for it");
      expect(
        /Read about \d+ times a day by role `payments-api` from 3 addresses/.test(answer),
        "who reads it is missing",
      );
      expect(/Owner|owner/.test(answer) && /payments/.test(answer), "the owner is missing");
      for (const button of ["own.claim", "own.disclaim", "ask.migrate", "ask.share", "tri.ask"]) {
        expect(answer.includes(button), `the button ${button} is missing`);
      }
    },
  },
  {
    name: "a sentence finds it",
    run: async (tour) =>
      void (await command(tour, "what the stripe key of checkout in prod", /payments\/checkout\/prod\/stripe/)),
  },
  {
    name: "the name of its target finds it, and so does an ARN",
    async run(tour) {
      await command(tour, `what ${TARGET}`, /payments\/checkout\/prod\/stripe/);
      await command(tour, `what ${ARN}`, /payments\/checkout\/prod\/stripe/);
    },
  },
  {
    name: "several that fit are listed five at a time, with what tells them apart",
    async run(tour) {
      const list = await command(tour, "what payments prod", /fits more than one secret/);
      expect(textOf(list).includes("ask.more"), "there is no button for the rest");
      await tour.click(tour.people.engineer.id, list, "ask.more");
      const next = await tour.drive.waitForEphemeral(tour.people.engineer.id, (it) =>
        /These are 6 to/.test(textOf(it)),
      );
      tour.seeMessage(tour.people.engineer.realName, "the same message, after Show more", next);
    },
  },
  {
    name: "a path that a rule keeps to others is refused alike, whether or not there is a secret",
    async run(tour) {
      const [row] = await tour.rows<{ full_path: string }>(
        "select full_path from entry where full_path like 'secret/treasury/%' order by full_path limit 1",
      );
      expect(row !== undefined, "the estate has no secret of treasury");
      const real = await command(tour, `what ${row.full_path}`, KEPT);
      const invented = await command(tour, "what secret/treasury/there/is/none", KEPT);
      expect(real.text === invented.text, "the two answers differ");
      await command(tour, `migrate ${row.full_path}`, KEPT);
      const own = await tour.answerTo(tour.people.engineer2, `/secrets what ${row.full_path}`, () =>
        tour.drive.as(tour.people.engineer2.id).command(`what ${row.full_path}`, { channel: tour.channels.general }),
      );
      expect(textOf(own).includes("own.claim"), "somebody of the group does not see it");
    },
  },
  {
    name: "a mention is answered in a direct message, and the thread says nothing of it",
    async run(tour) {
      const { told, answer } = await mention(tour, tour.people.engineer, `what is ${STRIPE}?`);
      expect(/Stripe payment key/.test(textOf(answer)), "the answer did not come");
      expect(!textOf(told).includes("stripe"), "everybody could read what it was about");
    },
  },
  {
    name: "What secret is this? answers for the names in somebody's message, and not for a value",
    async run(tour) {
      const several = await whatSecretIsThis(tour, `moved ${STRIPE}, and what about secret/nobody/knows/this?`);
      expect(textOf(several).includes("Stripe payment key"), "the one that is known was not told");
      const pasted = await whatSecretIsThis(tour, "can you use ghp_abcdefghijklmnopqrstuvwxyz0123 for now");
      expect(/looks like a credential/.test(textOf(pasted)), "a pasted value was taken for a question");
    },
  },
  {
    name: "Find a secret searches while one types, and shows the card in the same window",
    async run(tour) {
      const { drive, people } = tour;
      await drive.as(people.engineer.id).shortcut("find_secret");
      await drive.waitForView(people.engineer.id, ({ callback_id: id }) => id === "ask.find");
      const options = await drive.as(people.engineer.id).suggestions("ask.find.secret", "stripe checkout prod");
      const option = options.find(({ text }) => text.text === STRIPE);
      expect(option !== undefined, `${STRIPE} was not offered`);
      await drive.as(people.engineer.id).clickInView({ actionId: "ask.find.secret", option });
      const view = await drive.waitForView(people.engineer.id, (it) => textOf(it).includes("own.claim"));
      tour.seeView(people.engineer.realName, view, "Find a secret");
      await drive.as(people.engineer.id).closeView();
    },
  },
  {
    name: "somebody of the team says that it is theirs, and the card says so; then that it is not",
    async run(tour) {
      const { drive, people } = tour;
      const path = await paymentsPath(tour);
      const card = await command(tour, `what ${path}`, /own\.claim/);
      await tour.click(people.engineer.id, card, "own.claim");
      const claimed = await drive.waitForEphemeral(
        people.engineer.id,
        (it) => it.ts === card.ts && /confirmed by/.test(textOf(it)),
      );
      tour.seeMessage(people.engineer.realName, "the same card, after That's mine", claimed);
      await tour.click(people.engineer.id, claimed, "own.disclaim");
      const denied = await drive.waitForEphemeral(
        people.engineer.id,
        (it) => it.ts === card.ts && /not theirs/.test(textOf(it)),
      );
      tour.seeMessage(people.engineer.realName, "the same card, after Not mine", denied);
    },
  },
];
