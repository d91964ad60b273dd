import { CreateSecretCommand, DeleteSecretCommand } from "@aws-sdk/client-secrets-manager";
import { ACCOUNT, type ChaosWorld, REGION } from "./chaos-world.ts";
import type { Item } from "./item.ts";
import type { MigrationPlan } from "./plan.ts";
import type { Planted } from "./planted-values.ts";
import { type ExpectedTarget, type LaidValue, laidOf, namesOf } from "./targets.ts";

/** What somebody else's targets carry, and keep whatever comes. */
export const THEIR_TAGS = [{ Key: "team", Value: "theirs" }];
export const THEIR_DESCRIPTION = "Made by hand";

/** Puts the secret into Vault, and somebody else's into AWS where the plan says so. */
export async function plantItem(world: ChaosWorld, plan: MigrationPlan, planted: Planted): Promise<Item> {
  const { engine } = plan;
  const path = `team-${plan.index % 7}/app-${plan.index}/prod`;
  const { path: mount, accessor } = world.mounts[engine];
  const name = `${world.prefix}/${path}`;
  const free = namesOf(plan, name).map(
    (each): ExpectedTarget => ({ name: each, is: "absent", theirs: "no", labels: {} }),
  );
  const item: Item = {
    plan,
    source: { namespace: "", mount, mountAccessor: accessor, engine, path },
    target: { accountId: ACCOUNT, region: REGION, name, kmsKeyId: null },
    ...{ values: [], requestIds: [], actsEnded: 0, struck: 0, retries: 0, history: [], stuck: null, lastSeen: "" },
    ...{ expected: free, before: free, theirVersionId: null, isSettled: false, movedAt: performance.now() },
  };
  for (let count = 0; count < plan.versions; count += 1) await putNext(world, item, planted);
  if (plan.target !== "free") await plantTheirs(world, item, planted);
  await world.store
    .insertInto("entry")
    .values({ ...item.source, ...catalogued(item), versions: "[]", customMetadata: "{}", seenAt: new Date() })
    .execute();
  return item;
}

/** Of a split value somebody else has one part's name. */
async function plantTheirs({ aws }: ChaosWorld, item: Item, planted: Planted): Promise<void> {
  const { plan } = item;
  const last = item.expected.at(-1) as ExpectedTarget;
  const value = plan.hasEqualValue
    ? (laidOf(plan, item.values.at(-1) ?? "{}").at(-1) as LaidValue)
    : { as: "text" as const, content: theirText(plan, planted) };
  const stored =
    value.as === "bytes" ? { SecretBinary: Buffer.from(value.content, "base64") } : { SecretString: value.content };
  const { VersionId = null } = await aws.send(
    new CreateSecretCommand({ Name: last.name, Tags: THEIR_TAGS, Description: THEIR_DESCRIPTION, ...stored }),
  );
  const isTombstone = plan.target === "foreign tombstone";
  if (isTombstone) await aws.send(new DeleteSecretCommand({ SecretId: last.name, RecoveryWindowInDays: 7 }));
  const theirs: ExpectedTarget = {
    ...{ name: last.name, is: isTombstone ? "tombstone" : "live", theirs: "untouched" },
    labels: { AWSCURRENT: { value, versionId: VersionId } },
  };
  item.theirVersionId = VersionId;
  item.expected = [...item.expected.slice(0, -1), theirs];
  item.before = item.expected;
}

const theirText = ({ index, shape }: MigrationPlan, planted: Planted): string =>
  shape === "document" || shape === "split" ? planted.document(`foreign ${index}`) : planted.text(`foreign ${index}`);

const catalogued = ({ source, values }: Item) => ({
  currentVersion: source.engine === "kv-v2" ? values.length : null,
});

/** What the crawl, or a look at the card, learns of Vault's version. */
export async function catalogue({ store }: ChaosWorld, item: Item): Promise<void> {
  const { mount, path } = item.source;
  await store.updateTable("entry").set(catalogued(item)).where("mount", "=", mount).where("path", "=", path).execute();
}

/** A value that is nowhere else, as Vault's next version. */
export async function putNext(world: ChaosWorld, item: Item, planted: Planted): Promise<void> {
  await put(world, item, planted.document(`${item.source.path} version ${item.values.length + 1}`));
}

/** Vault's next version, with the value that it has already. */
export async function putSame(world: ChaosWorld, item: Item): Promise<void> {
  await put(world, item, item.values.at(-1) ?? "{}");
}

async function put({ vault }: ChaosWorld, item: Item, document: string): Promise<void> {
  const { mount, path, engine } = item.source;
  const [where, body] =
    engine === "kv-v2"
      ? [`${mount}/data/${path}`, { data: JSON.parse(document) }]
      : [`${mount}/${path}`, JSON.parse(document)];
  await vault("POST", where, body);
  item.values.push(document);
}
