import { sql } from "kysely";
import type { Store } from "../store/open-store.ts";
import type { RequestStatus } from "../store/tables/requests.ts";
import { Envelope, type RequestContent, type TargetRef, type ValueShape } from "./content.ts";
import { TargetClaimedError } from "./errors.ts";
import { OPEN_STATUSES } from "./one-request-per-secret.ts";

/** A request in one of these holds its targets' names: it is on its way there, or has arrived. */
export const CLAIMING_STATUSES: readonly RequestStatus[] = [...OPEN_STATUSES, "migrated"];

/** Every target that is written: the one that is named, or `<name>/<part>` for each part of a split value. */
export function targetsOf({ target, shape }: { target: TargetRef; shape: ValueShape }): TargetRef[] {
  if (shape.kind !== "split") return [target];
  return shape.parts.map(({ name }) => ({ ...target, name: `${target.name}/${name}` }));
}

/** Equal for targets that may be one place. Case twins count: whether AWS tells them apart is not documented. */
export function placeKey({ accountId, region, name }: Pick<TargetRef, "accountId" | "region" | "name">): string {
  return `${accountId}\n${region}\n${name.toLowerCase()}`;
}

export const placesOf = (wish: Pick<RequestContent, "target" | "shape">): string[] => targetsOf(wish).map(placeKey);

/** The targets that a request's stored content names; none where it can't be read. */
export function claimedTargets(content: string): TargetRef[] {
  const wish = Envelope.safeParse(JSON.parse(content)).data?.content;
  return wish ? targetsOf(wish) : [];
}

/** Another entry's request that holds one of the places, or null. @param ownId The request that is edited. */
export async function findClaim(
  store: Store,
  { entryId, ownId = null }: { entryId: number; ownId?: string | null },
  places: readonly string[],
): Promise<string | null> {
  const claim = await store
    .selectFrom("request")
    .select("id")
    .where("entryId", "!=", entryId)
    .where("status", "in", CLAIMING_STATUSES)
    .$if(ownId !== null, (query) => query.where("id", "!=", ownId))
    .where(sql<boolean>`places && ${[...places]}::text[]`)
    .limit(1)
    .executeTakeFirst();
  return claim?.id ?? null;
}

/**
 * Two requests for one name are judged one after the other, until this transaction ends.
 * @throws {TargetClaimedError}
 */
export async function claimPlaces(
  tx: Store,
  asker: { entryId: number; ownId: string | null },
  places: readonly string[],
): Promise<void> {
  for (const place of places.toSorted()) {
    await sql`select pg_advisory_xact_lock(7206004, hashtext(${place}))`.execute(tx); // sorted: no deadlock
  }
  const claim = await findClaim(tx, asker, places);
  if (claim !== null) throw new TargetClaimedError(claim);
}
