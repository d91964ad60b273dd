import {
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
} from "@aws-sdk/client-secrets-manager";
import { runGlovebox } from "../glovebox/run-glovebox.ts";
import { ODDITIES } from "../seed/generate-estate.ts";
import { renderView } from "../slack/render-as-text.ts";
import { expect, type Step, type Tour, textOf } from "./tour-world.ts";

const fullPath = ({ mount, path }: { mount: string; path: string }): string => `${mount}/${path}`;

/** Asks, approves, and waits for the card to say that it failed. */
async function failOn(tour: Tour, path: string, says: RegExp): Promise<void> {
  await tour.directUpon(tour.people.engineer, /failed/, () => tour.approve(path));
  const card = await tour.waitForCard(path, /Failed/, 40_000);
  tour.seeMessage("approvers", "#secrets-approvals", card);
  expect(says.test(textOf(card)), `the card does not say ${says}`);
  await nothingLeft(tour);
}

async function retry(tour: Tour, path: string): Promise<void> {
  await tour.click(tour.people.engineer.id, await ownCard(tour, path), "job.retry");
  tour.seeMessage("approvers", "#secrets-approvals", await tour.waitForCard(path, /Migrated/, 40_000));
}

/** Nobody presses anything. */
async function goesOn(tour: Tour, path: string): Promise<void> {
  tour.seeMessage("approvers", "#secrets-approvals", await tour.waitForCard(path, /Migrated/, 90_000));
  await nothingLeft(tour);
}

const ownCard = (tour: Tour, path: string) =>
  tour.drive.waitForDirectMessage(
    tour.people.engineer.id,
    (message) => textOf(message).includes(path) && /job\.retry/.test(textOf(message)),
  );

const conflictCard = (tour: Tour, path: string) =>
  tour.drive.waitForDirectMessage(
    tour.people.engineer.id,
    (message) => textOf(message).includes(path) && /req\.takeover/.test(textOf(message)),
  );

async function keysOf(tour: Tour, path: string): Promise<readonly string[]> {
  const [row] = await tour.rows<{ keys: string[] | null }>("select key_names as keys from entry where full_path = $1", [
    path,
  ]);
  return row?.keys ?? [];
}

/** The gate is shut and no reader's token lives. */
export async function nothingLeft(tour: Tour): Promise<void> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const { status } = await tour.vault("GET", "sys/policies/acl/gb-open");
    const readers = await liveReaders(tour);
    if (status === 404 && readers === 0) return;
    expect(Date.now() < deadline, `20 s later the gate answers ${status}, and ${readers} readers' tokens live`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

async function liveReaders(tour: Tour): Promise<number> {
  const { body } = await tour.vault("LIST", "auth/token/accessors");
  const { keys = [] } = (body.data ?? {}) as { keys?: string[] };
  const roles = await Promise.all(
    keys.map(async (accessor) => {
      const { body: found } = await tour.vault("POST", "auth/token/lookup-accessor", { accessor });
      return (found.data as { meta?: { role_name?: string } } | undefined)?.meta?.role_name ?? "";
    }),
  );
  return roles.filter((role) => role.startsWith("reader-")).length;
}

export const FAILURES: readonly Step[] = [
  {
    name: "a target that somebody made after the form: nothing of theirs is touched",
    async run(tour) {
      const path = await tour.unusedPath();
      await tour.ask(path);
      const name = await tour.targetOf(path);
      await tour.aws.send(new CreateSecretCommand({ Name: name, SecretString: "theirs" }));
      await failOn(tour, path, /did not make it|exists/);
      await tour.aws.send(new DeleteSecretCommand({ SecretId: name, ForceDeleteWithoutRecovery: true }));
      await retry(tour, path);
    },
  },
  {
    name: "a target that somebody made after the form is taken over, once the approvers say yes to exactly that",
    async run(tour) {
      const { engineer } = tour.people;
      const path = await tour.unusedPath();
      await tour.ask(path);
      const name = await tour.targetOf(path);
      await tour.aws.send(new CreateSecretCommand({ Name: name, SecretString: JSON.stringify({ theirs: "1" }) }));
      await failOn(tour, path, /In the way/);
      const mine = await conflictCard(tour, path);
      tour.seeMessage("engineer", "their DM", mine);
      expect(/Only in AWS/.test(textOf(mine)), "the card does not compare the two");
      await tour.click(engineer.id, mine, "req.takeover");
      const modal = await tour.drive.waitForView(engineer.id, ({ callback_id: id }) => id === "req.takeover.submit");
      tour.see("engineer", "what taking over means", renderView(modal));
      await tour.drive.as(engineer.id).submitView({});
      tour.seeMessage("approvers", "#secrets-approvals", await tour.waitForCard(path, /Takes over/, 40_000));
      await tour.approve(path);
      tour.seeMessage("approvers", "#secrets-approvals", await tour.waitForCard(path, /Migrated/, 40_000));
      const { SecretString } = await tour.aws.send(
        new GetSecretValueCommand({ SecretId: name, VersionStage: "AWSPREVIOUS" }),
      );
      expect(SecretString === JSON.stringify({ theirs: "1" }), "what they had is not the previous version");
    },
  },
  {
    name: "a value goes as one secret for each group of its keys",
    async run(tour) {
      const path = await tour.unusedPath(2);
      const keys = await keysOf(tour, path);
      expect(keys.length > 1, `${path} has too few keys to be split`);
      const groups = `one: ${keys[0]}\nrest: ${keys.slice(1).join(", ")}`;
      tour.seeMessage(
        "approvers",
        "#secrets-approvals",
        await tour.ask(path, { "req.shape": "split", "req.parts": groups }),
      );
      await tour.approve(path);
      tour.seeMessage("approvers", "#secrets-approvals", await tour.waitForCard(path, /Migrated/, 40_000));
      const name = await tour.targetOf(path);
      for (const [part, expected] of [
        ["one", keys.slice(0, 1)],
        ["rest", keys.slice(1)],
      ] as const) {
        const { SecretString = "" } = await tour.aws.send(new GetSecretValueCommand({ SecretId: `${name}/${part}` }));
        const found = Object.keys(JSON.parse(SecretString)).sort();
        expect(found.join() === expected.toSorted().join(), `${name}/${part} has other keys`);
      }
    },
  },
  {
    name: "a target that somebody scheduled for deletion after the form",
    async run(tour) {
      const path = await tour.unusedPath();
      await tour.ask(path);
      const name = await tour.targetOf(path);
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
      const again = await ownCard(tour, path);
      expect(/req\.again/.test(textOf(again)), "the requester can't change the form of what failed");
    },
  },
  {
    name: "a secret that was deleted in Vault after the form",
    async run(tour) {
      const path = await tour.unusedPath();
      await tour.ask(path);
      const [row] = await tour.rows<{ mount: string; path: string; version: number }>(
        "select mount, path, current_version as version from entry where full_path = $1",
        [path],
      );
      const inVault = row?.path.split("/").map(encodeURIComponent).join("/");
      await tour.vault("DELETE", `${row?.mount}/data/${inVault}`);
      await failOn(tour, path, /deleted/);
      await tour.vault("POST", `${row?.mount}/undelete/${inVault}`, { versions: [row?.version] });
      await retry(tour, path);
    },
  },
  {
    name: "Vault is sealed: the card says what it waits for, and the move goes on by itself once it is unsealed",
    async run(tour) {
      const path = await tour.unusedPath();
      await tour.ask(path);
      const key = await tour.unsealKey();
      await tour.vault("PUT", "sys/seal");
      try {
        await tour.approve(path);
        tour.seeMessage("approvers", "#secrets-approvals", await tour.waitForCard(path, /unsealed/, 60_000));
      } finally {
        await tour.vault("PUT", "sys/unseal", { key });
      }
      await goesOn(tour, path);
    },
  },
  {
    name: "AWS is down: nothing is written, and the move goes on by itself once it is back",
    async run(tour) {
      const path = await tour.unusedPath();
      await tour.ask(path);
      tour.world.stack.aws.front?.down(true);
      try {
        await tour.approve(path);
        tour.seeMessage("approvers", "#secrets-approvals", await tour.waitForCard(path, /AWS did not answer/, 60_000));
        await nothingLeft(tour);
      } finally {
        tour.world.stack.aws.front?.down(false);
      }
      await goesOn(tour, path);
    },
  },
  {
    name: "the answer of the write is lost: it is still written once",
    async run(tour) {
      const path = await tour.unusedPath();
      await tour.ask(path);
      tour.world.stack.aws.front?.fault({ kind: "lost-answer", action: "CreateSecret" });
      await tour.approve(path);
      tour.seeMessage("approvers", "#secrets-approvals", await tour.waitForCard(path, /Migrated/, 40_000));
      tour.world.stack.aws.front?.clearFaults();
      const { VersionIdsToStages = {} } = await tour.aws.send(
        new DescribeSecretCommand({ SecretId: await tour.targetOf(path) }),
      );
      expect(Object.keys(VersionIdsToStages).length === 1, "the version was doubled");
    },
  },
  {
    name: "glovebox pause stops pick-up, resume lets it go on",
    async run(tour) {
      const env = tour.world.envOf("worker");
      tour.see("an operator", "glovebox pause", await runGlovebox(["pause", "--reason", "change freeze"], env));
      const path = await tour.unusedPath();
      await tour.ask(path);
      await tour.approve(path);
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      tour.seeMessage("approvers", "#secrets-approvals", await tour.waitForCard(path, /Approved|queued|Paused/i));
      tour.see("an operator", "glovebox resume", await runGlovebox(["resume", "--reason", "freeze is over"], env));
      await tour.waitForCard(path, /Migrated/, 60_000);
    },
  },
];
