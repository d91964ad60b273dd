import { sql } from "kysely";
import type { TargetRef } from "../../approvals/content.ts";
import { CLAIMING_STATUSES, claimedTargets, placeKey } from "../../approvals/target-places.ts";
import { formatPath } from "../../catalog/secret-path.ts";
import type { Store } from "../../store/open-store.ts";
import type { AllowedTarget } from "../allowed-target.ts";
import { nameIndex, type SharedPlace } from "./name-index.ts";
import { plannedTarget } from "./planned-target.ts";
import { PAGE_SIZE, readNamePages } from "./read-entry-pages.ts";
import { NO_NAMES, type SomeNames, someNames } from "./some-names.ts";

/** What only a look at all names together shows. Holds the groups alone, not the estate. */
export interface NameSurvey {
  lookAlikes(entryId: number, lookKey: string): SomeNames;
  /** @param isAskedFor A request of the entry's own holds this name. */
  namesakes(entryId: number, target: TargetRef, isAskedFor: boolean): SomeNames;
  claimedBy(entryId: number, target: TargetRef): string | null;
}

interface Named {
  readonly id: number;
  readonly fullPath: string;
}

/** Goes over every name once and finds those that look alike, and those that would be one name in AWS. */
export async function surveyNames(store: Store, rule: AllowedTarget): Promise<NameSurvey> {
  const shared = await findShared(store, rule);
  const nameOf = await namesOf(
    store,
    [...shared.values()].flatMap(({ planned }) => planned),
  );
  const plannedFor = new Map<string, Named[]>();
  for (const [key, { planned }] of shared) {
    const named = planned.map((id) => ({ id, fullPath: nameOf.get(id) ?? "" }));
    plannedFor.set(key, named);
  }
  const alike = await findAlike(store);
  return {
    lookAlikes: (entryId, lookKey) => othersOf(alike.get(lookKey), entryId, false),
    namesakes: (entryId, target, isAskedFor) => othersOf(plannedFor.get(placeKey(target)), entryId, isAskedFor),
    claimedBy(entryId, target) {
      const claims = shared.get(placeKey(target))?.claims ?? [];
      return claims.find((claim) => claim.entryId !== entryId)?.requestId ?? null;
    },
  };
}

/** @param isOutside The entry itself is not in the group: then all of the group are others. */
function othersOf(group: readonly Named[] | undefined, entryId: number, isOutside: boolean): SomeNames {
  const count = (group?.length ?? 0) - (isOutside ? 0 : 1);
  return group === undefined || count < 1 ? NO_NAMES : someNames(namesWithout(group, entryId), count);
}

function* namesWithout(group: readonly Named[], entryId: number): Generator<string> {
  for (const { id, fullPath } of group) if (id !== entryId) yield fullPath;
}

async function findShared(store: Store, rule: AllowedTarget): Promise<ReadonlyMap<string, SharedPlace>> {
  const index = nameIndex();
  const asked = new Set<number>();
  for await (const { requestId, entryId, target } of readClaims(store)) {
    asked.add(entryId);
    index.addClaim(target, { entryId, requestId });
  }
  for await (const page of readNamePages(store)) {
    for (const entry of page) {
      const { target } = plannedTarget(entry, rule);
      if (target !== null && !asked.has(entry.id)) index.addPlanned(target, entry.id);
    }
  }
  return index.shared();
}

async function* readClaims(store: Store) {
  for (let last = ""; ; ) {
    const page = await store
      .selectFrom("request")
      .select(["id", "entryId", "content"])
      .where("status", "in", CLAIMING_STATUSES)
      .where("id", ">", last)
      .orderBy("id")
      .limit(PAGE_SIZE)
      .execute();
    for (const { id, entryId, content } of page) {
      for (const target of claimedTargets(content)) yield { requestId: id, entryId, target };
    }
    if (page.length < PAGE_SIZE) return;
    last = page.at(-1)?.id ?? last;
  }
}

async function namesOf(store: Store, ids: readonly number[]): Promise<ReadonlyMap<number, string>> {
  if (ids.length === 0) return new Map();
  const rows = await store
    .selectFrom("entry")
    .select(["id", "namespace", "mount", "path"])
    .where(sql<boolean>`id = any(${[...ids]}::bigint[])`)
    .execute();
  return new Map(rows.map((row) => [row.id, formatPath(row)]));
}

/** Entries that share a look key with another one, by that key. Entries without a key were written before it existed. */
async function findAlike(store: Store): Promise<ReadonlyMap<string, Named[]>> {
  const present = store.selectFrom("entry").where("goneAt", "is", null).where("lookKey", "!=", "");
  const rows = await present
    .select(["id", "fullPath", "lookKey"])
    .where("lookKey", "in", present.select("lookKey").groupBy("lookKey").having(sql<boolean>`count(*) > 1`))
    .orderBy("fullPath")
    .execute();
  return Map.groupBy(rows, ({ lookKey }) => lookKey);
}
