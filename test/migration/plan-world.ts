import { generateEstate } from "../../dev/seed/generate-estate.ts";
import type { MountInfo } from "../../src/catalog/catalog-source.ts";
import { writeDetails, writeMounts, writeNames } from "../../src/catalog/entry-rows.ts";
import type { NameLookUp } from "../../src/migration/plan/look-up-names.ts";
import { type PlanInput, planEstate } from "../../src/migration/plan/plan-estate.ts";
import type { PlanRow } from "../../src/migration/plan/plan-row.ts";
import type { Store } from "../../src/store/open-store.ts";

const AT = new Date("2026-06-01T00:00:00Z");
const BATCH = 1_000;

export const PLAN_INPUT: PlanInput = inputFor("vault/");

export function inputFor(namePrefix: string): PlanInput {
  const rule = { accountId: "111122223333", region: "eu-central-1", namePrefix, kmsKeyIds: [] };
  return {
    rule,
    allowedTargets: [rule],
    limits: { namespace: "", prefixes: [] },
    tagByField: { ownerTeam: "owner-team" },
  };
}

export function planMount(path: string, engine = "kv-v2", namespace = ""): MountInfo {
  return { namespace, path, accessor: `${engine}_${path}`, engine };
}

export interface PlannedSecret {
  readonly isDeleted?: boolean;
  readonly keyNames?: readonly string[];
  /** 1 where absent; the crawl has not described it where null. */
  readonly currentVersion?: number | null;
}

/** Writes entries as a crawl does. */
export async function addSecrets(store: Store, mount: MountInfo, secrets: Readonly<Record<string, PlannedSecret>>) {
  await writeMounts(store, [mount], AT);
  const paths = Object.keys(secrets);
  for (let start = 0; start < paths.length; start += BATCH) {
    const batch = paths.slice(start, start + BATCH);
    await writeNames(store, mount, batch, AT);
    if (mount.engine !== "kv-v2") continue;
    const rows = await store
      .selectFrom("entry")
      .select(["id", "path"])
      .where("namespace", "=", mount.namespace)
      .where("mount", "=", mount.path)
      .where("path", "in", batch)
      .execute();
    await writeDetails(
      store,
      rows.map(({ id, path }) => detailsOf(id, secrets[path] ?? {})),
    );
  }
}

function detailsOf(id: number, { isDeleted = false, keyNames = ["password"], currentVersion = 1 }: PlannedSecret) {
  const deletionTime = isDeleted ? "2026-05-01T00:00:00Z" : null;
  const createdTime = "2026-04-01T00:00:00Z";
  const version = { version: currentVersion ?? 0, createdTime, deletionTime, isDestroyed: false };
  const versions = currentVersion === null ? [] : [version];
  return { id, currentVersion, versions, customMetadata: {}, keyNames, createdAt: AT, updatedAt: AT };
}

/** The practice estate as the catalogue would have it after a crawl: names and metadata, no value. */
export async function addPracticeEstate(store: Store, secrets: number, seed = 7): Promise<void> {
  const byMount = new Map<string, { mount: MountInfo; entries: Record<string, PlannedSecret> }>();
  for (const { mount, path, engine, versions, isCurrentDeleted } of generateEstate({ secrets, seed })) {
    const group = byMount.get(mount) ?? { mount: planMount(mount, engine), entries: {} };
    byMount.set(mount, group);
    const keyNames = Object.keys(JSON.parse(versions.at(-1) ?? "{}"));
    group.entries[path] = { currentVersion: versions.length, keyNames, isDeleted: isCurrentDeleted ?? false };
  }
  for (const { mount, entries } of byMount.values()) await addSecrets(store, mount, entries);
}

/** All rows of a plan, by `mount/path`, and its counts. */
export async function planAll(store: Store, input = PLAN_INPUT, lookUp: NameLookUp | null = null) {
  const rows: PlanRow[] = [];
  const summary = await planEstate({ store, now: () => AT, lookUp }, input, async (page) => {
    rows.push(...page);
  });
  const at = (name: string): PlanRow => {
    const row = rows.find(({ mount, path }) => `${mount}/${path}` === name);
    if (row === undefined) throw new Error(`no row for ${name}`);
    return row;
  };
  return { rows, summary, at };
}

/** "decide: LOOKS_ALIKE, NAME_COLLISION", notes in brackets. */
export function sayVerdict({ verdict, reasons }: PlanRow): string {
  const codes = reasons.map(({ code, effect }) => (effect === "note" ? `(${code})` : code));
  return [verdict, codes.join(" ")].filter((part) => part !== "").join(": ");
}
