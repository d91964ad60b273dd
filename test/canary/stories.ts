import { CreateSecretCommand, DeleteSecretCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { shapeValue } from "../../src/slack/shape-inputs.ts";
import { APPROVER, ENGINEER } from "../world/slack-people.ts";
import type { CanaryWorld, Settled } from "./canary-world.ts";
import type { Canary } from "./needles.ts";
import {
  agedSecret,
  encodedSecret,
  foreignDocument,
  foreignText,
  oversizedSecret,
  type PlantedSecret,
  pairSecret,
  plainSecret,
  plant,
  richSecret,
} from "./planted.ts";
import type { Manner } from "./talkative-fronts.ts";

/** One secret that is asked for and approved, and how that goes wrong. */
export interface Story {
  readonly what: string;
  readonly secret: PlantedSecret;
  readonly answers?: Record<string, string>;
  /** Between the form and the approval. */
  readonly arrange?: (world: CanaryWorld, settled: Settled) => Promise<unknown>;
  /** While it runs. */
  readonly meanwhile?: (world: CanaryWorld, settled: Settled) => Promise<unknown>;
  /** Ends what it waits for, once it has said that it waits. */
  readonly calm?: (world: CanaryWorld, settled: Settled) => void;
  /** Status ("waits" for one that goes on by itself) and cause that it must end in, or the story did not test what it says. */
  readonly ends: readonly [status: string, cause: string | null];
  /** Its requester then takes over what stood in the way, and the approvers let them. */
  readonly isTakenOver?: boolean;
}

const OVER = ["migrated", "failed"];

const awsAs = async (world: CanaryWorld, use: (client: SecretsManagerClient) => Promise<unknown>): Promise<void> => {
  const credentials = { accessKeyId: "practice", secretAccessKey: "practice" };
  const client = new SecretsManagerClient({
    ...{ endpoint: world.world.stack.aws.endpointUrl, region: "eu-central-1", credentials },
  });
  await use(client).finally(() => client.destroy());
};
const takenWith = (text: string, tag?: string) => (world: CanaryWorld, settled: Settled) =>
  awsAs(world, (client) =>
    client.send(
      new CreateSecretCommand({
        ...{ Name: settled.target, SecretString: text },
        Tags: tag === undefined ? [] : [{ Key: "note", Value: tag }],
      }),
    ),
  );
const taken = takenWith("theirs");

const document = foreignDocument();
const bare = foreignText();
/** What lay in AWS and is not Vault's. */
export const FOREIGN: readonly Canary[] = [...document.canaries, bare];
/** AWS itself shows it to everybody who lists; we must not. */
export const FOREIGN_TAG: Canary = document.tagCanary;

const path = (name: string): string => `secret/canary/${name}`;
const vaultIs = (name: string, manner: Manner, ends: Story["ends"]): Story => ({
  what: `Vault ${manner} (${name})`,
  secret: plainSecret(path(name)),
  arrange: async ({ vault }) => vault.treat(`canary/${name}`, manner),
  calm: ({ vault }) => vault.treat(`canary/${name}`, null),
  ends,
});
const awsIs = (name: string, manner: Manner, ends: Story["ends"]): Story => ({
  what: `AWS ${manner} (${name})`,
  secret: plainSecret(path(name)),
  arrange: async ({ aws }, { target }) => aws.treat(target, manner),
  calm: ({ aws }, { target }) => aws.treat(target, null),
  ends,
});

const movedVersion = path("version-moves");
const missingKey = path("key-goes");

const equal = pairSecret(path("equal"));

export const STORIES: readonly Story[] = [
  { what: "it is moved", secret: richSecret(path("rich")), ends: ["migrated", null] },
  { what: "it is moved from KV v1", secret: richSecret("kv/canary/rich"), ends: ["migrated", null] },
  {
    what: "the path is gone from Vault",
    secret: plainSecret(path("goes")),
    arrange: ({ callVault }) => callVault("DELETE", "secret/metadata/canary/goes"),
    ends: ["failed", "SECRET_NOT_FOUND"],
  },
  {
    what: "the target is somebody else's",
    secret: plainSecret(path("foreign")),
    arrange: taken,
    ends: ["failed", "TARGET_NOT_OURS"],
  },
  {
    what: "the target's name waits for its deletion",
    secret: plainSecret(path("tombstone")),
    arrange: async (world, settled) => {
      await taken(world, settled);
      await awsAs(world, (client) => client.send(new DeleteSecretCommand({ SecretId: settled.target })));
    },
    ends: ["failed", "TARGET_TOMBSTONED"],
  },
  { what: "the value is too large", secret: oversizedSecret(path("large")), ends: ["failed", "OVERSIZED_VALUE"] },
  vaultIs("sealed", "sealed", ["waits", "VAULT_SEALED"]),
  vaultIs("unreachable", "hangs up", ["waits", "VAULT_UNAVAILABLE"]),
  vaultIs("cut", "cuts its answer", ["waits", "VAULT_UNAVAILABLE"]),
  vaultIs("quoted", "quotes in an error", ["waits", "VAULT_UNAVAILABLE"]),
  awsIs("aws-down", "hangs up", ["waits", "TARGET_UNAVAILABLE"]),
  awsIs("aws-quotes", "quotes in an error", ["failed", "TARGET_REFUSED"]),
  awsIs("aws-alters", "alters the value", ["failed", "READ_BACK_MISMATCH"]),
  {
    what: "it is split",
    secret: pairSecret(path("split")),
    answers: { "req.shape": "split", "req.parts": "db: username\nweb: password" },
    ends: ["migrated", null],
  },
  {
    what: "one key goes decoded, as bytes",
    secret: encodedSecret(path("bytes")),
    answers: { "req.shape": shapeValue({ kind: "single", key: "blob", encoding: "base64" }) },
    ends: ["migrated", null],
  },
  {
    what: "an older version goes along",
    secret: agedSecret(path("aged")),
    answers: { "req.versions": "1" },
    ends: ["migrated", null],
  },
  {
    what: "the target is a document of somebody else's, and is taken over",
    secret: plainSecret(path("document")),
    arrange: takenWith(document.json),
    ends: ["failed", "TARGET_NOT_OURS"],
    isTakenOver: true,
  },
  {
    what: "the target is somebody else's text",
    secret: plainSecret(path("text")),
    // Never taken over: a write list must hold the tags that an undo puts back.
    arrange: takenWith(bare.value, document.tag),
    ends: ["failed", "TARGET_NOT_OURS"],
  },
  {
    what: "the target holds the same already, and is taken over",
    secret: equal,
    arrange: takenWith(equal.json),
    ends: ["failed", "TARGET_NOT_OURS"],
    isTakenOver: true,
  },
  {
    what: "its version moves while it is read",
    secret: plainSecret(movedVersion),
    arrange: async ({ vault }) => vault.treat("canary/version-moves", "slow"),
    meanwhile: async (world) => {
      await until(() => callsName(world.vault, "data/canary/version-moves"));
      await plant(world.callVault, plainSecret(movedVersion));
    },
    ends: ["waiting", "VERSION_MOVED"],
  },
  {
    what: "the one key that was asked for goes",
    secret: plainSecret(missingKey),
    answers: { "req.shape": shapeValue({ kind: "single", key: "password", encoding: "text" }) },
    arrange: async (world) => {
      await plant(world.callVault, { ...plainSecret(missingKey), json: '{"other":"x"}' });
      // The first click finds the new version and asks again.
      await world.people.click(APPROVER, await world.people.card(missingKey), "appr.approve");
      await until(async () => (await world.rows("select 1 from request where version = 2")).length > 0);
      await world.people.drive.waitForMessage(
        world.world.slack.channels.approvals,
        (message) =>
          JSON.stringify(message.blocks).includes(`${missingKey}`) &&
          JSON.stringify(message.blocks).includes("version 2"),
      );
    },
    ends: ["failed", "MISSING_KEY"],
  },
  {
    what: "the worker is killed while it writes",
    secret: plainSecret(path("killed")),
    arrange: async ({ aws }, { target }) => aws.treat(target, "slow"),
    meanwhile: async (canary, { id, target }) => {
      const isWriting = async () =>
        (await canary.rows("select 1 from migration where request_id = $1 and state = 'closed'", [id])).length > 0;
      await until(isWriting);
      process.kill(canary.world.running.worker?.pid ?? 0, "SIGKILL");
      canary.aws.treat(target, null);
      await canary.restartWorker();
    },
    ends: ["migrated", null],
  },
];

const callsName = async (front: CanaryWorld["vault"], words: string): Promise<boolean> =>
  JSON.stringify(front.calls()).includes(words);

async function until(isSo: () => Promise<boolean>, withinMs = 20_000): Promise<void> {
  for (const deadline = Date.now() + withinMs; !(await isSo()); ) {
    if (Date.now() > deadline) throw new Error("it did not come to that");
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
}

/** The requester's click on their own card, the modal, and the approvers' yes to the new version. */
export async function takeOver({ people, world, waitFor }: CanaryWorld, { secret: { path: full } }: Story) {
  const { drive } = people;
  const says = (words: string) => (message: { blocks?: unknown }) =>
    [words, full].every((part) => JSON.stringify(message.blocks ?? []).includes(part));
  await people.click(ENGINEER, await drive.waitForDirectMessage(ENGINEER, says("In the way")), "req.takeover");
  await drive.waitForView(ENGINEER, (view) => view.submit !== undefined && JSON.stringify(view).includes(full));
  await drive.as(ENGINEER).submitView({});
  await waitFor(full, ["waiting"]);
  const card = await drive.waitForMessage(world.slack.channels.approvals, says("Takes over"));
  await people.click(APPROVER, card, "appr.approve");
  return waitFor(full, ["migrated", "failed"]);
}

/** One engineer fills in one form at a time; what comes of it goes on side by side. */
let lastAsked: Promise<unknown> = Promise.resolve();
function ask({ people }: CanaryWorld, { secret, answers }: Story): Promise<unknown> {
  const asked = lastAsked.then(() => people.ask(secret.path, answers));
  lastAsked = asked.catch(() => undefined);
  return asked;
}

/** The form, then what happens to it, then the approval, until it is over. @returns How it ended. */
export async function tell(canary: CanaryWorld, story: Story): Promise<Settled> {
  const { people } = canary;
  const { path: full } = story.secret;
  await ask(canary, story);
  const waiting = await canary.waitFor(full, ["waiting"]);
  await story.arrange?.(canary, waiting);
  await people.click(APPROVER, await people.card(full), "appr.approve");
  if (story.meanwhile) await canary.waitFor(full, ["approved", "migrating", ...OVER]);
  await story.meanwhile?.(canary, waiting);
  const [status, cause] = story.ends;
  if (status === "waits") {
    const isWaiting = async () =>
      (
        await canary.rows("select 1 from migration where request_id = $1 and cause_code = $2 and due_at is not null", [
          waiting.id,
          cause,
        ])
      ).length > 0;
    await until(isWaiting, 40_000);
    story.calm?.(canary, waiting);
    await canary.waitFor(full, OVER, 60_000);
    return { ...waiting, status, cause_code: cause };
  }
  return canary.waitFor(full, status === "waiting" ? ["waiting", ...OVER] : OVER, 40_000);
}
