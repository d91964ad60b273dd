import { FRIENDLY } from "../seed/generate-estate.ts";
import type { Message } from "../slack/workspace-shapes.ts";
import { expect, type Step, type Tour, textOf } from "./tour-world.ts";

const STRIPE = `${FRIENDLY.mount}/${FRIENDLY.path}`;

/** Clicks, and waits for the private answer to that click. */
async function clickRefused(tour: Tour, who: { id: string; realName: string }, card: Message, actionId: string) {
  const before = new Set((await tour.drive.ephemerals(who.id)).map(({ ts }) => ts));
  await tour.click(who.id, card, actionId);
  const answer = await tour.drive.waitForEphemeral(who.id, ({ ts }) => !before.has(ts));
  tour.seeMessage(who.realName, "privately, after the click", answer);
  return textOf(answer);
}

export const DECIDING: readonly Step[] = [
  {
    name: "nobody approves a request of their own",
    async run(tour) {
      const text = await clickRefused(tour, tour.people.engineer, await tour.card(STRIPE), "appr.approve");
      expect(/second person|someone|approve/.test(text), "the refusal does not say why");
      await tour.waitForCard(STRIPE, /Waiting for approval/);
    },
  },
  {
    name: "somebody outside the approver group can't approve",
    async run(tour) {
      const text = await clickRefused(tour, tour.people.supporter, await tour.card(STRIPE), "appr.approve");
      expect(/S0APPROVERS|can't approve/.test(text), "the refusal does not say whom it needs");
      await tour.waitForCard(STRIPE, /Waiting for approval/);
    },
  },
  {
    name: "an edit redraws the card with the change marked, and an old click is refused",
    async run(tour) {
      const { drive, people } = tour;
      const old = await tour.card(STRIPE);
      const direct = await drive.waitForDirectMessage(people.engineer.id, (message) =>
        /req\.edit/.test(textOf(message)),
      );
      await tour.click(people.engineer.id, direct, "req.edit");
      await drive.waitForView(people.engineer.id, ({ submit }) => submit !== undefined);
      const { errors } = await drive.as(people.engineer.id).submitView({ "meta.field.rotation": "yearly" });
      expect(errors === undefined, `the edit came back: ${JSON.stringify(errors)}`);
      const card = await tour.waitForCard(STRIPE, /yearly/, 20_000);
      tour.seeMessage("approvers", "#secrets-approvals", card);
      const stale = buttonValue(old);
      await drive
        .as(people.approver.id)
        .clickButton({ channel: tour.channels.approvals, ts: card.ts, actionId: "appr.approve", value: stale });
      const answer = await drive.waitForEphemeral(people.approver.id, (message) => /changed/i.test(textOf(message)));
      tour.seeMessage(people.approver.realName, "privately, after a click on the old card", answer);
      await tour.waitForCard(STRIPE, /Waiting for approval/);
    },
  },
  {
    name: "a rejection asks for a reason, and the requester hears it",
    async run(tour) {
      const { drive, people } = tour;
      const [entry] = await tour.rows<{ full_path: string }>(
        "select full_path from entry where engine = 'kv-v2' and path like '%prod%' and full_path <> $1 order by id limit 1",
        [STRIPE],
      );
      const path = entry?.full_path ?? "";
      const card = await tour.ask(path);
      await tour.click(people.approver.id, card, "appr.reject");
      const view = await drive.waitForView(people.approver.id, ({ submit }) => submit !== undefined);
      tour.seeView(people.approver.realName, view);
      const code =
        view.blocks.find(({ block_id }) => block_id === "appr.reject.code")?.element?.options?.[0]?.value ?? "";
      const { errors } = await drive.as(people.approver.id).submitView({
        "appr.reject.code": code,
        "appr.reject.reason": "The owner is another team: please ask them first.",
      });
      expect(errors === undefined, `the reason came back: ${JSON.stringify(errors)}`);
      tour.seeMessage("approvers", "#secrets-approvals", await tour.waitForCard(path, /Rejected/));
      const heard = await drive.waitForDirectMessage(people.engineer.id, (message) =>
        /ask them first/.test(textOf(message)),
      );
      tour.seeMessage(people.engineer.realName, "a direct message", heard);
    },
  },
  {
    name: "the requester can withdraw",
    async run(tour) {
      const { drive, people } = tour;
      const [entry] = await tour.rows<{ full_path: string }>(
        "select full_path from entry where engine = 'kv-v1' and path not like 'odd/%' order by id limit 1",
      );
      const path = entry?.full_path ?? "";
      await tour.ask(path);
      const isOwn = (message: Message): boolean =>
        textOf(message).includes(path) && /req\.withdraw/.test(textOf(message));
      await tour.click(people.engineer.id, await drive.waitForDirectMessage(people.engineer.id, isOwn), "req.withdraw");
      tour.seeMessage("approvers", "#secrets-approvals", await tour.waitForCard(path, /Withdrawn/));
    },
  },
];

function buttonValue(card: Message): string {
  const value = /"value":"([^"]+)"/.exec(textOf(card))?.[1];
  expect(value !== undefined, "the card has no button");
  return value;
}
