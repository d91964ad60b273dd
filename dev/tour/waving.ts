import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { runGlovebox } from "../glovebox/run-glovebox.ts";
import { renderView } from "../slack/render-as-text.ts";
import type { Message } from "../slack/workspace-shapes.ts";
import { expect, type Person, type Step, type Tour, textOf } from "./tour-world.ts";

const WAVE = "tour-wave";
const COUNT = 6;
const WITHIN_MS = 60_000;
/** What people have said of these secrets in earlier forms. */
const SAID = {
  ...{ purpose: "service login", ownerTeam: "team-practice", application: "practice" },
  ...{ environment: "prod", classification: "confidential", rotation: "90 days" },
};

async function glovebox(tour: Tour, ...args: string[]): Promise<string> {
  const printed = await runGlovebox(args, tour.world.envOf("bot"));
  tour.see("an operator", `glovebox ${args.join(" ")}`, printed);
  return printed;
}

/** Six secrets of the standard lane that nobody has asked for, and that everything is said of. */
async function sayAll(tour: Tour): Promise<string[]> {
  const rows = await tour.rows<{ id: number; full_path: string }>(
    `select id, full_path from entry where engine = 'kv-v2' and path not like 'odd/%' and gone_at is null
     and id not in (select entry_id from request) and id in (select entry_id from entry_lane where lane = 'standard')
     order by id desc limit $1`,
    [COUNT],
  );
  expect(rows.length === COUNT, "the estate has too few unused secrets left");
  for (const { id } of rows) {
    for (const [field, value] of Object.entries(SAID)) {
      await tour.rows(
        `insert into metadata_confirmation (entry_id, field, value, confirmed_by, confirmed_at)
         values ($1, $2, $3, $4, now()) on conflict do nothing`,
        [id, field, value, tour.people.engineer.id],
      );
    }
  }
  return rows.map(({ full_path }) => full_path);
}

const cardIn = (tour: Tour, ...texts: string[]): Promise<Message> =>
  tour.drive.waitForMessage(
    tour.channels.approvals,
    (message) => message.thread_ts === undefined && texts.every((text) => textOf(message).includes(text)),
    WITHIN_MS,
  );

/** Goes through the sample to its last page. */
async function lookThrough(tour: Tour, who: Person, card: Message): Promise<void> {
  await tour.click(who.id, card, "wave.look");
  let view = await tour.drive.waitForView(who.id, ({ callback_id }) => callback_id === "wave.sample");
  for (;;) {
    tour.seeView(who.realName, view, "the sample");
    expect(/RQ-\d+/.test(renderView(view)), "the sample shows no request");
    const next = (await tour.drive.as(who.id).submitView()).view;
    if (next === undefined) return;
    view = next;
  }
}

export const WAVING: readonly Step[] = [
  {
    name: "an operator drafts a wave from a file, and what can't be part of it is named by its line",
    async run(tour) {
      const paths = await sayAll(tour);
      const [file, exceptions] = ["wave.txt", "exceptions.csv"].map((name) => join(tour.world.runDir, name));
      const lines = ["# the pilot first", ...paths, "secret/nobody/knows-it", paths[0] ?? ""];
      await writeFile(file ?? "", `${lines.join("\n")}\n`);
      const people = ["--requester", tour.people.engineer.id, "--reason", "The practice services move together."];
      const how = ["--file", file ?? "", "--pilot", "2", "--exceptions", exceptions ?? ""];
      const printed = await glovebox(tour, "wave", "create", WAVE, ...people, ...how);
      expect(printed.includes(`${COUNT} secrets in batches of 2 (the pilot), then 4`), "the batches are not as asked");
      expect(/line 8: secret\/nobody/.test(printed) && /line 9: .*DOUBLED_LINE/.test(printed), "a line is not named");
      const draft = await tour.drive.waitForDirectMessage(
        tour.people.engineer.id,
        (message) => /wave\.confirm/.test(textOf(message)),
        WITHIN_MS,
      );
      tour.seeMessage(tour.people.engineer.realName, "a direct message", draft);
    },
  },
  {
    name: "its requester sends it, and the pilot gets one card",
    async run(tour) {
      const { drive, people } = tour;
      const draft = await drive.waitForDirectMessage(people.engineer.id, (message) =>
        /wave\.confirm/.test(textOf(message)),
      );
      await tour.answerTo(people.engineer, "a click on Send for approval", () =>
        tour.click(people.engineer.id, draft, "wave.confirm"),
      );
      tour.seeMessage("approvers", "#secrets-approvals", await cardIn(tour, WAVE, "wave.approve"));
    },
  },
  {
    name: "nobody approves a batch without a look at the sample",
    async run(tour) {
      const { approver } = tour.people;
      const card = await cardIn(tour, WAVE, "wave.approve");
      const refused = await tour.answerTo(approver, "a click on Approve", () =>
        tour.click(approver.id, card, "wave.approve"),
      );
      expect(/Look at the sample first/.test(textOf(refused)), "the refusal does not say what is missing");
      await lookThrough(tour, approver, card);
      await tour.directUpon(tour.people.engineer, /The pilot was approved/, () =>
        tour.click(approver.id, card, "wave.approve"),
      );
    },
  },
  {
    name: "an operator starts it, the pilot moves, and the next batch is asked for",
    async run(tour) {
      const { operator } = tour.people;
      const card = await cardIn(tour, WAVE, "wave.start");
      await tour.answerTo(operator, "a click on Start", () => tour.click(operator.id, card, "wave.start"));
      const next = await cardIn(tour, WAVE, "batch 2 of 2", "wave.approve");
      tour.seeMessage("approvers", "#secrets-approvals", next);
      const [{ moved } = { moved: 0 }] = await tour.rows<{ moved: number }>(
        `select count(*)::int as moved from wave_item join request on request.id = wave_item.request_id
         where wave = $1 and request.status = 'migrated'`,
        [WAVE],
      );
      expect(moved === 2, `${moved} of the pilot's two are moved`);
    },
  },
  {
    name: "the rest is approved and moved, one after the other, and the wave is done",
    async run(tour) {
      const { approver2, engineer } = tour.people;
      const card = await cardIn(tour, WAVE, "batch 2 of 2", "wave.approve");
      await lookThrough(tour, approver2, card);
      await tour.click(approver2.id, card, "wave.approve");
      const isDone = (message: Message): boolean =>
        textOf(message).includes(WAVE) && /It is done\./.test(textOf(message));
      const told = await tour.drive.waitForDirectMessage(engineer.id, isDone, WITHIN_MS);
      tour.seeMessage(engineer.realName, "a direct message", told);
      tour.seeMessage("operators", "#secrets-approvals", await cardIn(tour, WAVE, "A wave, done"));
      const printed = await glovebox(tour, "wave", "status", WAVE);
      expect(printed.includes(`${COUNT} of ${COUNT} moved (100 %)`), "the terminal does not say that all is moved");
    },
  },
];
