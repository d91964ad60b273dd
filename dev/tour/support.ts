import { expect, type Step, textOf } from "./tour-world.ts";

export const SUPPORT: readonly Step[] = [
  {
    name: "Ask support opens a case with the secret's live state, and a supporter claims it",
    async run(tour) {
      const { drive, people, channels } = tour;
      const receipt = await drive.waitForDirectMessage(
        people.engineer.id,
        (message) => /Receipt of/.test(message.text) && message.text.includes("prod/stripe"),
      );
      await tour.answerTo(people.engineer, "a click on Ask support under the receipt", () =>
        tour.click(people.engineer.id, receipt, "tri.ask"),
      );
      const opened = await drive.waitForMessage(channels.support, (message) => /tri\.claim/.test(textOf(message)));
      await tour.click(people.supporter.id, opened, "tri.claim");
      const claimed = await drive.waitForMessage(channels.support, (message) => /tri\.resolve/.test(textOf(message)));
      tour.seeMessage("supporters", "#secrets-support", claimed);
      expect(/Migrated|Undone/.test(textOf(claimed)), "the case does not show the secret's state");
    },
  },
  {
    name: "a supporter's reply in the thread reaches the requester, and the answer comes back",
    async run(tour) {
      const { drive, people, channels } = tour;
      const card = await drive.waitForMessage(channels.support, (message) => /tri\.resolve/.test(textOf(message)));
      const reply = "Your role needs GetSecretValue on the new name; I have asked the platform team.";
      await drive.as(people.supporter.id).message(reply, { channel: channels.support, threadTs: card.ts });
      const heard = await drive.waitForDirectMessage(people.engineer.id, (message) =>
        /platform team/.test(textOf(message)),
      );
      tour.seeMessage(people.engineer.realName, "a direct message", heard);
      const dm = (await drive.dmChannel(people.engineer.id)) ?? "";
      const threadTs = heard.thread_ts ?? heard.ts;
      await drive.as(people.engineer.id).message("Thanks, it reads the new place now.", { channel: dm, threadTs });
      const back = await drive.waitForMessage(channels.support, (message) =>
        /reads the new place/.test(textOf(message)),
      );
      tour.seeMessage("supporters", "the case's thread", back);
      expect(back.thread_ts === card.ts, "the answer is not in the case's thread");
    },
  },
  {
    name: "only support staff resolve it",
    async run(tour) {
      const { drive, people, channels } = tour;
      const card = await drive.waitForMessage(channels.support, (message) => /tri\.resolve/.test(textOf(message)));
      const refused = await tour.answerTo(people.engineer, "a click on Resolve", () =>
        tour.click(people.engineer.id, card, "tri.resolve"),
      );
      expect(/can't resolve/.test(textOf(refused)), "the refusal does not say that they can't resolve it");
      await tour.directUpon(people.engineer, /resolved/, () => tour.click(people.supporter.id, card, "tri.resolve"));
      const resolved = await drive.waitForMessage(
        channels.support,
        (message) => message.ts === card.ts && /Resolved/.test(textOf(message)),
      );
      tour.seeMessage("supporters", "#secrets-support", resolved);
    },
  },
  {
    name: "a refusal can be asked about as well: support sees which request and why",
    async run(tour) {
      const { drive, people, channels } = tour;
      const path = await tour.unusedPath();
      const card = await tour.ask(path);
      const refusal = await tour.answerTo(people.supporter, "a click on Approve", () =>
        tour.click(people.supporter.id, card, "appr.approve"),
      );
      await tour.answerTo(people.supporter, "Why?", () => tour.click(people.supporter.id, refusal, "ask.why"));
      const before = new Set((await drive.messages(channels.support)).map(({ ts }) => ts));
      await tour.answerTo(people.supporter, "Ask support", () => tour.click(people.supporter.id, refusal, "tri.ask"));
      const opened = await drive.waitForMessage(channels.support, ({ ts }) => !before.has(ts));
      tour.seeMessage("supporters", "#secrets-support", opened);
      expect(textOf(opened).includes(path), "the case does not name the secret");
    },
  },
];
