import { isCurrentVersionDeleted } from "../../catalog/current-version.ts";
import type { Store } from "../../store/open-store.ts";
import type { AllowedTarget } from "../allowed-target.ts";
import type { LaneLimits } from "../lane-of.ts";
import type { LaneKnowledge } from "../lanes/lane-facts.ts";
import { readLaneKnowledge } from "../lanes/read-lane-knowledge.ts";
import { type CatalogueAge, catalogueAge } from "./catalogue-age.ts";
import { type EntryFacts, judgeEntry, judgeMount, nameToLookUp } from "./judge-entry.ts";
import type { LookUpReport, NameLookUp } from "./look-up-names.ts";
import type { PlanRow } from "./plan-row.ts";
import { type PlanCounts, planTally } from "./plan-tally.ts";
import { plannedTarget } from "./planned-target.ts";
import { type FactRow, readFactPages } from "./read-entry-pages.ts";
import { type EntryPast, readPasts } from "./read-histories.ts";
import { NO_NAMES } from "./some-names.ts";
import { type NameSurvey, surveyNames } from "./survey-names.ts";

export interface PlanDeps {
  readonly store: Store;
  readonly now: () => Date;
  /** null: AWS is not asked about any name. */
  readonly lookUp: NameLookUp | null;
}

export interface PlanInput {
  readonly allowedTargets: readonly AllowedTarget[];
  readonly limits: LaneLimits;
  /** The one of them for which names are planned. */
  readonly rule: AllowedTarget;
  /** The AWS tag that each field of confirmed metadata becomes. */
  readonly tagByField: Readonly<Record<string, string>>;
}

export interface PlanSummary extends PlanCounts {
  readonly plannedAt: Date;
  readonly rule: AllowedTarget;
  readonly catalogue: CatalogueAge;
  /** null: AWS was not asked about any name. */
  readonly lookUp: LookUpReport | null;
}

/**
 * Judges every entry of the catalogue, and every mount of another engine, from names and metadata alone: no call to
 * Vault, and none to AWS without `lookUp`. One snapshot of the database, so that the counts add up while a crawl runs.
 * @param take Gets the rows a page at a time, by mount and path, mounts last; the reading waits for it.
 */
export async function planEstate(
  deps: PlanDeps,
  input: PlanInput,
  take: (rows: readonly PlanRow[]) => Promise<void>,
): Promise<PlanSummary> {
  const plannedAt = deps.now();
  const tally = planTally();
  const hand = async (rows: readonly PlanRow[]): Promise<void> => {
    for (const row of rows) tally.add(row);
    await take(rows);
  };
  const snapshot = deps.store.transaction().setIsolationLevel("repeatable read").setAccessMode("read only");
  return snapshot.execute(async (tx) => {
    const survey = await surveyNames(tx, input.rule);
    for await (const page of readFactPages(tx)) {
      const ids = page.map(({ id }) => id);
      const pasts = await readPasts(tx, ids);
      const known = await readLaneKnowledge(tx, { entryIds: ids, teams: input.limits.teams ?? [], now: plannedAt });
      const facts = page.map((entry) =>
        factsOf(entry, { ...pasts(entry.id), known: known(entry.id) }, survey, { ...input, at: plannedAt }),
      );
      await hand(await judgePage(deps.lookUp, facts, input));
    }
    await hand((await otherMounts(tx)).map((mount) => judgeMount(mount, input.limits)));
    const { rule } = input;
    const lookUp = deps.lookUp?.report() ?? null;
    return { ...tally.counts(), plannedAt, rule, catalogue: await catalogueAge(tx), lookUp };
  });
}

async function judgePage(lookUp: NameLookUp | null, facts: readonly EntryFacts[], input: PlanInput) {
  const { allowedTargets, limits } = input;
  const rows = facts.map((entry) => judgeEntry(entry, allowedTargets, limits));
  if (lookUp === null) return rows;
  const wishes = rows.flatMap((row) => {
    const target = nameToLookUp(row, allowedTargets);
    return row.entryId === null || target === null ? [] : [{ entryId: row.entryId, target }];
  });
  const answers = await lookUp.ask(wishes);
  return facts.map((entry) =>
    judgeEntry({ ...entry, inAws: answers.get(entry.entryId) ?? null }, allowedTargets, limits),
  );
}

function factsOf(
  entry: FactRow,
  { history, claimed, confirmed, known }: EntryPast & { readonly known: LaneKnowledge },
  survey: NameSurvey,
  { rule, tagByField, at }: Pick<PlanInput, "rule" | "tagByField"> & { at: Date },
): EntryFacts {
  const { id: entryId, namespace, mount, path, engine, currentVersion, keyNames, goneAt, lookKey } = entry;
  const planned = claimed === null ? plannedTarget(entry, rule) : { target: claimed };
  const isInSurvey = goneAt === null;
  const { target } = planned;
  const isNamed = isInSurvey && target !== null;
  return {
    entryId,
    source: { namespace, mount, engine, path },
    currentVersion,
    keyNames,
    goneAt,
    isDeleted: isCurrentVersionDeleted(entry, at),
    known,
    history,
    planned,
    lookAlikes: isInSurvey ? survey.lookAlikes(entryId, lookKey) : NO_NAMES,
    namesakes: isNamed ? survey.namesakes(entryId, target, claimed !== null) : NO_NAMES,
    claimedBy: isNamed ? survey.claimedBy(entryId, target) : null,
    tags: tagsOf(confirmed, tagByField),
    inAws: null,
  };
}

function tagsOf(confirmed: EntryPast["confirmed"], tagByField: PlanInput["tagByField"]): Record<string, string> {
  return Object.fromEntries(
    Object.entries(confirmed).flatMap(([field, value]) => {
      const tag = tagByField[field];
      return tag === undefined ? [] : [[tag, value]];
    }),
  );
}

function otherMounts(store: Store) {
  return store
    .selectFrom("mount")
    .select(["namespace", "path", "engine"])
    .where("engine", "not in", ["kv-v1", "kv-v2"])
    .orderBy("namespace")
    .orderBy("path")
    .execute();
}
