import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { DescribeSecretCommand, GetSecretValueCommand } from "@aws-sdk/client-secrets-manager";
import { runGlovebox } from "../glovebox/run-glovebox.ts";
import { FRIENDLY, ODDITIES } from "../seed/generate-estate.ts";
import { expect, type Step, textOf } from "./tour-world.ts";

const STRIPE = `${FRIENDLY.mount}/${FRIENDLY.path}`;
const TARGET = `practice/${STRIPE}`;

export const MOVING: readonly Step[] = [
  {
    name: "an approver says yes, and the one card shows the move to its end",
    async run(tour) {
      await tour.directUpon(tour.people.engineer, /was approved/, () => tour.approve(STRIPE));
      const card = await tour.waitForCard(STRIPE, /Migrated/, 30_000);
      const history = tour.historyOf(card);
      tour.see("approvers", "the one card as it changed", history.join("\n"));
      tour.seeMessage("approvers", "#secrets-approvals", card);
      expect(history.length > 2, "the card showed no progress");
    },
  },
  {
    name: "the receipt is in the thread and in the requester's direct messages",
    async run(tour) {
      const card = await tour.card(STRIPE);
      const inThread = await tour.drive.waitForMessage(
        tour.channels.approvals,
        ({ thread_ts }) => thread_ts === card.ts,
      );
      tour.seeMessage("approvers", "the thread in #secrets-approvals", inThread);
      const direct = await tour.drive.waitForDirectMessage(
        tour.people.engineer.id,
        (message) => /Receipt of/.test(message.text) && message.text.includes(STRIPE),
      );
      expect(/version 1/.test(textOf(direct)), "the direct message does not name the version");
      expect(!/job\.undo/.test(textOf(direct)), "the requester is offered Undo, which is the approvers'");
    },
  },
  {
    name: "AWS holds exactly what Vault held, tagged and sealed",
    async run(tour) {
      const { body } = await tour.vault("GET", `${FRIENDLY.mount}/data/${FRIENDLY.path}`);
      const inVault = (body as { data: { data: unknown } }).data.data;
      const stored = await tour.aws.send(new GetSecretValueCommand({ SecretId: TARGET, VersionStage: "AWSCURRENT" }));
      // Compared here and never printed.
      expect(isDeepStrictEqual(JSON.parse(stored.SecretString ?? ""), inVault), "the values differ");
      const { Tags = [] } = await tour.aws.send(new DescribeSecretCommand({ SecretId: TARGET }));
      const tags = Tags.map(({ Key, Value }) => `${Key}=${Value}`).toSorted();
      tour.see("an operator", "the target's tags in AWS", tags.join("\n"));
      expect(tags.includes("glovebox-state=sealed"), "the target is not sealed");
      expect(tags.includes("owner-team=team-payments"), "an accepted tag is missing");
    },
  },
  {
    name: "Vault's gate is shut again: an auditor reads that nothing may be touched",
    async run(tour) {
      const { status } = await tour.vault("GET", "sys/policies/acl/gb-open");
      tour.see(
        "an auditor",
        "vault policy read gb-open",
        status === 404 ? "No policy named: gb-open" : "something is open",
      );
      expect(status === 404, "the gate is open although nothing runs");
    },
  },
  {
    name: "the receipt verifies offline, and an altered one does not",
    async run(tour) {
      const [row] = await tour.rows<{ id: string }>(
        "select r.id from request r join entry e on e.id = r.entry_id where e.full_path = $1",
        [STRIPE],
      );
      const id = row?.id ?? "";
      const keys = join(tour.world.runDir, "keys");
      const env = {
        PATH: process.env.PATH,
        RECEIPT_PUBLIC_KEY_FILES: join(keys, "receipt.pub"),
        APPROVAL_PUBLIC_KEY_FILES: join(keys, "approval.pub"),
      };
      const receipt = await runGlovebox(["receipt", id], tour.world.envOf("worker"));
      const file = join(tour.world.runDir, "receipt.json");
      await writeFile(file, receipt);
      tour.see("an auditor", "glovebox verify receipt.json", await runGlovebox(["verify", file], env));
      await writeFile(file, receipt.replace('"vaultVersion": 1', '"vaultVersion": 2'));
      const refused = await runGlovebox(["verify", file], env).then(
        () => "",
        (error: Error) => error.message,
      );
      expect(/NOT OK/.test(refused), "an altered receipt passed");
    },
  },
  {
    name: "a second click is answered quietly",
    async run(tour) {
      const { approver2 } = tour.people;
      const [row] = await tour.rows<{ id: string; version: number }>(
        "select r.id, r.version from request r join entry e on e.id = r.entry_id where e.full_path = $1",
        [STRIPE],
      );
      const card = await tour.card(STRIPE);
      // The button is gone from the card; somebody's screen may still show it, so the click is sent as it was.
      const click = {
        channel: tour.channels.approvals,
        messageTs: card.ts,
        user: approver2.id,
        action: { type: "button", action_id: "appr.approve", block_id: "late", value: `${row?.id}:${row?.version}` },
      };
      const answer = await tour.answerTo(approver2, "a late click", () =>
        fetch(`${tour.world.slack.uiUrl}_control/interact`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify(click),
        }),
      );
      expect(/approved this/.test(textOf(answer)), "the answer does not say that it was decided");
    },
  },
  {
    name: "an approver undoes it: the target is scheduled for deletion, Vault is untouched",
    async run(tour) {
      const card = await tour.card(STRIPE);
      const answer = await tour.answerTo(tour.people.approver, "Undo", () =>
        tour.click(tour.people.approver.id, card, "job.undo"),
      );
      expect(/undo of .* is ordered/.test(textOf(answer)), "the order is not acknowledged");
      tour.seeMessage("approvers", "#secrets-approvals", await tour.waitForCard(STRIPE, /Undone/, 30_000));
      const { DeletedDate } = await tour.aws.send(new DescribeSecretCommand({ SecretId: TARGET }));
      expect(DeletedDate !== undefined, "the target is not scheduled for deletion");
    },
  },
  {
    name: "asked for again, it moves again into the restored target",
    async run(tour) {
      await tour.ask(STRIPE);
      await tour.approve(STRIPE);
      tour.seeMessage("approvers", "#secrets-approvals", await tour.waitForCard(STRIPE, /Migrated/, 30_000));
      const { DeletedDate } = await tour.aws.send(new DescribeSecretCommand({ SecretId: TARGET }));
      expect(DeletedDate === undefined, "the target is still scheduled for deletion");
    },
  },
  {
    name: "a KV v1 secret keeps every digit of a long number, under a name that can't be mistaken for an ARN's end",
    async run(tour) {
      const path = `${ODDITIES.longNumber.mount}/${ODDITIES.longNumber.path}`;
      await tour.ask(path);
      await tour.approve(path);
      tour.seeMessage("approvers", "#secrets-approvals", await tour.waitForCard(path, /Migrated/, 30_000));
      const { SecretString = "" } = await tour.aws.send(
        new GetSecretValueCommand({ SecretId: await tour.targetOf(path) }),
      );
      expect(SecretString.includes("98765432109876543210"), "the number was rounded");
    },
  },
];
