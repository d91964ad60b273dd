import { FRIENDLY } from "../seed/generate-estate.ts";
import type { Message } from "../slack/workspace-shapes.ts";
import { expect, type Person, type Step, type Tour, textOf } from "./tour-world.ts";

const STRIPE = `${FRIENDLY.mount}/${FRIENDLY.path}`;

/** Clicks, and waits for the private answer to that click. */
async function clickRefused(tour: Tour, who: Person, card: Message, actionId: string): Promise<string> {
  return textOf(await tour.answerTo(who, "the click", () => tour.click(who.id, card, actionId)));
}

export const DECIDING: readonly Step[] = [
  {
    name: "nobody approves a request of their own",
    async run(tour) {
      const { approver } = tour.people; // an approver, or the refusal would be for not being one
      const path = await tour.unusedPath();
      const card = await tour.ask(path, {}, approver);
      const text = await clickRefused(tour, approver, card, "appr.approve");
      expect(/a second person must/.test(text), "the refusal does not say why");
      await tour.waitForCard(path, /Waiting for approval/);
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
      const place = { channel: tour.channels.approvals, ts: card.ts, actionId: "appr.approve", value: stale };
      const answer = await tour.answerTo(people.approver, "a click on the card as it was before", () =>
        drive.as(people.approver.id).clickButton(place),
      );
      expect(/changed after this card was drawn/.test(textOf(answer)), "the answer does not say that it changed");
      await tour.waitForCard(STRIPE, /Waiting for approval/);
    },
  },
  {
    name: "a rejection asks for a reason, and the requester hears it",
    async run(tour) {
      const { drive, people } = tour;
      const path = await tour.unusedPath();
      const card = await tour.ask(path);
      await tour.click(people.approver.id, card, "appr.reject");
      const view = await drive.waitForView(people.approver.id, ({ submit }) => submit !== undefined);
      tour.seeView(people.approver.realName, view);
      await tour.directUpon(people.engineer, /rejected.*ask them first/s, async () => {
        const { errors } = await drive.as(people.approver.id).submitView({
          "appr.reject.code": "needs-information",
          "appr.reject.reason": "The owner is another team: please ask them first.",
        });
        expect(errors === undefined, `the reason came back: ${JSON.stringify(errors)}`);
      });
      tour.seeMessage("approvers", "#secrets-approvals", await tour.waitForCard(path, /Rejected/));
    },
  },
  {
    name: "the secret changed in Vault since the card was drawn: the click is refused, and the new version asked for",
    async run(tour) {
      const { people } = tour;
      const path = await tour.unusedPath();
      await tour.ask(path);
      const [row] = await tour.rows<{ mount: string; path: string; version: number }>(
        "select mount, path, current_version as version from entry where full_path = $1",
        [path],
      );
      await tour.vault("POST", `${row?.mount}/data/${row?.path}`, { data: { rotated: "for practice" } });
      const answer = await tour.answerTo(people.approver, "a click on Approve", () => tour.approve(path));
      expect(/Vault version/.test(textOf(answer)), "the answer does not name the version");
      const redrawn = await tour.waitForCard(path, new RegExp(`\`${row?.version}\` → \`${(row?.version ?? 0) + 1}\``));
      tour.seeMessage("approvers", "#secrets-approvals", redrawn);
      await tour.approve(path);
      await tour.waitForCard(path, /Migrated/, 30_000);
    },
  },
  {
    name: "the Home tab shows an approver what waits for them",
    async run(tour) {
      const { approver2 } = tour.people;
      await tour.drive.as(approver2.id).openHome();
      const deadline = Date.now() + 5_000;
      for (;;) {
        const home = tour.drive.homeView(approver2.id);
        if (home && textOf(home).includes(STRIPE)) return tour.seeView(approver2.realName, home, "the Home tab");
        expect(Date.now() < deadline, "the Home tab does not show what waits");
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    },
  },
  {
    name: "the requester can withdraw",
    async run(tour) {
      const { drive, people } = tour;
      const [entry] = await tour.rows<{ full_path: string }>(
        "select full_path from entry where engine = 'kv-v1' and path not like 'odd/%' and path !~ '[*+]' order by id limit 1",
      );
      const path = entry?.full_path ?? "";
      await tour.ask(path);
      const isOwn = (message: Message): boolean =>
        textOf(message).includes(path) && /req\.withdraw/.test(textOf(message));
      const own = await drive.waitForDirectMessage(people.engineer.id, isOwn);
      await tour.directUpon(people.engineer, /is withdrawn/, () => tour.click(people.engineer.id, own, "req.withdraw"));
      tour.seeMessage("approvers", "#secrets-approvals", await tour.waitForCard(path, /Withdrawn/));
    },
  },
];

function buttonValue(card: Message): string {
  const value = /"value":"([^"]+)"/.exec(textOf(card))?.[1];
  expect(value !== undefined, "the card has no button");
  return value;
}
