import { CreateSecretCommand, DeleteSecretCommand, DescribeSecretCommand } from "@aws-sdk/client-secrets-manager";
import { runGlovebox } from "../glovebox/run-glovebox.ts";
import { ODDITIES } from "../seed/generate-estate.ts";
import { expect, type Step, type Tour, textOf } from "./tour-world.ts";

const fullPath = ({ mount, path }: { mount: string; path: string }): string => `${mount}/${path}`;

/** A path of the estate that no step has used. */
async function freshPath(tour: Tour): Promise<string> {
  const [entry] = await tour.rows<{ full_path: string }>(
    `select full_path from entry where engine = 'kv-v2' and path not like 'odd/%'
     and id not in (select entry_id from request) order by id limit 1`,
  );
  expect(entry !== undefined, "the estate has no unused secret left");
  return entry.full_path;
}

const targetName = async (tour: Tour, path: string): Promise<string> => {
  const [row] = await tour.rows<{ content: string }>(
    "select r.content from request r join entry e on e.id = r.entry_id where e.full_path = $1 order by r.created_at desc limit 1",
    [path],
  );
  return JSON.parse(row?.content ?? "{}").content.target.name;
};

/** Asks, approves, and waits for the card to say that it failed. */
async function failOn(tour: Tour, path: string, says: RegExp): Promise<void> {
  await tour.approve(path);
  const card = await tour.waitForCard(path, /Failed/, 40_000);
  tour.seeMessage("approvers", "#secrets-approvals", card);
  expect(says.test(textOf(card)), `the card does not say ${says}`);
  await nothingLeft(tour);
}

async function retry(tour: Tour, path: string): Promise<void> {
  await tour.click(tour.people.engineer.id, await ownCard(tour, path), "job.retry");
  tour.seeMessage("approvers", "#secrets-approvals", await tour.waitForCard(path, /Migrated/, 40_000));
}

const ownCard = (tour: Tour, path: string) =>
  tour.drive.waitForDirectMessage(
    tour.people.engineer.id,
    (message) => textOf(message).includes(path) && /job\.retry/.test(textOf(message)),
  );

/** The gate is shut and no reader can log in. */
export async function nothingLeft(tour: Tour): Promise<void> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const { status } = await tour.vault("GET", "sys/policies/acl/gb-open");
    if (status === 404) return;
    expect(Date.now() < deadline, "the gate stayed open after a failure");
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

export const FAILURES: readonly Step[] = [
  {
    name: "a target that somebody made after the form: nothing of theirs is touched",
    async run(tour) {
      const path = await freshPath(tour);
      await tour.ask(path);
      const name = await targetName(tour, path);
      await tour.aws.send(new CreateSecretCommand({ Name: name, SecretString: "theirs" }));
      await failOn(tour, path, /did not make it|exists/);
      await tour.aws.send(new DeleteSecretCommand({ SecretId: name, ForceDeleteWithoutRecovery: true }));
      await retry(tour, path);
    },
  },
  {
    name: "a target that somebody scheduled for deletion after the form",
    async run(tour) {
      const path = await freshPath(tour);
      await tour.ask(path);
      const name = await targetName(tour, path);
      await tour.aws.send(new CreateSecretCommand({ Name: name, SecretString: "theirs" }));
      await tour.aws.send(new DeleteSecretCommand({ SecretId: name, RecoveryWindowInDays: 7 }));
      await failOn(tour, path, /scheduled for deletion/);
    },
  },
  {
    name: "a value that is too large for AWS",
    async run(tour) {
      const path = fullPath(ODDITIES.tooLarge);
      await tour.ask(path);
      await failOn(tour, path, /65,536/);
    },
  },
  {
    name: "a secret that was deleted in Vault after the form",
    async run(tour) {
      const path = await freshPath(tour);
      await tour.ask(path);
      const [row] = await tour.rows<{ mount: string; path: string }>(
        "select mount, path from entry where full_path = $1",
        [path],
      );
      await tour.vault("DELETE", `${row?.mount}/data/${row?.path.split("/").map(encodeURIComponent).join("/")}`);
      await failOn(tour, path, /deleted/);
    },
  },
  {
    name: "Vault is sealed: the card says so, and Retry finishes it once it is unsealed",
    async run(tour) {
      const path = await freshPath(tour);
      await tour.ask(path);
      const key = await tour.unsealKey();
      await tour.vault("PUT", "sys/seal");
      try {
        await tour.approve(path);
        const card = await tour.waitForCard(path, /Failed/, 60_000);
        tour.seeMessage("approvers", "#secrets-approvals", card);
        expect(/Vault|gate/.test(textOf(card)), "the card does not say what is wrong");
      } finally {
        await tour.vault("PUT", "sys/unseal", { key });
      }
      await nothingLeft(tour);
      await retry(tour, path);
    },
  },
  {
    name: "AWS is down: nothing is written, and Retry finishes it",
    async run(tour) {
      const path = await freshPath(tour);
      await tour.ask(path);
      tour.world.stack.aws.front?.down(true);
      try {
        await failOn(tour, path, /AWS/);
      } finally {
        tour.world.stack.aws.front?.down(false);
      }
      await retry(tour, path);
    },
  },
  {
    name: "the answer of the write is lost: it is still written once",
    async run(tour) {
      const path = await freshPath(tour);
      await tour.ask(path);
      tour.world.stack.aws.front?.fault({ kind: "lost-answer", action: "CreateSecret" });
      await tour.approve(path);
      tour.seeMessage("approvers", "#secrets-approvals", await tour.waitForCard(path, /Migrated/, 40_000));
      tour.world.stack.aws.front?.clearFaults();
      const { VersionIdsToStages = {} } = await tour.aws.send(
        new DescribeSecretCommand({ SecretId: await targetName(tour, path) }),
      );
      expect(Object.keys(VersionIdsToStages).length === 1, "the version was doubled");
    },
  },
  {
    name: "glovebox pause stops pick-up, resume lets it go on",
    async run(tour) {
      const env = tour.world.envOf("worker");
      tour.see("an operator", "glovebox pause", await runGlovebox(["pause", "--reason", "change freeze"], env));
      const path = await freshPath(tour);
      await tour.ask(path);
      await tour.approve(path);
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      tour.seeMessage("approvers", "#secrets-approvals", await tour.waitForCard(path, /Approved|queued|Paused/i));
      tour.see("an operator", "glovebox resume", await runGlovebox(["resume", "--reason", "freeze is over"], env));
      await tour.waitForCard(path, /Migrated/, 60_000);
    },
  },
];
