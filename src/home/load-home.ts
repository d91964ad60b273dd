import { type LaneLimits, type LaneVerdict, laneOf } from "../migration/lane-of.ts";
import { readLaneKnowledge } from "../migration/lanes/read-lane-knowledge.ts";
import type { RequestState } from "../migration/request-state.ts";
import type { Store } from "../store/open-store.ts";
import type { HomePerson } from "./home-person.ts";
import type { HomePlace, Reason } from "./home-place.ts";
import { listMyRequests, statesInOrder } from "./my-requests.ts";
import { listMySecrets, type MySecret } from "./my-secrets.ts";
import { type Page, pageOf } from "./page-of.ts";
import { listWaitingForMe, subjectOf, type WaitingItem } from "./waiting-for-me.ts";

/** All that one person's Home tab shows, read from our tables at one moment. */
export interface HomeState {
  readonly person: Omit<HomePerson, "visible">;
  readonly waiting: Page<WaitingItem>;
  readonly secrets: Page<HomeSecret>;
  /** How many are theirs by which reason; one may count in several. */
  readonly secretCounts: Readonly<Record<Reason | "all", number>>;
  readonly requests: Page<RequestState>;
  /** What is shown: pages that became shorter are at their end. */
  readonly place: HomePlace;
  readonly at: Date;
}

export interface HomeSecret extends MySecret {
  readonly lane: LaneVerdict;
  /** The newest request for it, if any. */
  readonly request: RequestState | null;
}

export interface LoadHomeDeps {
  readonly store: Store;
  readonly now: () => Date;
  /** What decides the lane of a secret. */
  readonly limits: LaneLimits;
}

export async function loadHome(
  { store, now, limits }: LoadHomeDeps,
  person: HomePerson,
  place: HomePlace,
): Promise<HomeState> {
  const at = now();
  const waiting = await pageOf(place.waiting, (slice) => listWaitingForMe(store, person, slice));
  let secretCounts: HomeState["secretCounts"] = { all: 0, owner: 0, use: 0, request: 0 };
  const mine = await pageOf(place.secrets, async (slice) => {
    const found = await listMySecrets(store, person, place.by, slice);
    secretCounts = found.counts;
    return found;
  });
  const requests = await pageOf(place.requests, (slice) => listMyRequests(store, person.userId, slice));
  const states = await statesInOrder(
    store,
    mine.rows.flatMap(({ requestId }) => requestId ?? []),
  );
  const stateOf = new Map(states.map((state) => [state.id, state]));
  const known = await readLaneKnowledge(store, {
    ...{ entryIds: mine.rows.map(({ entryId }) => entryId), teams: limits.teams ?? [], now: at },
  });
  const secrets = mine.rows.map((row) => ({
    ...row,
    request: stateOf.get(row.requestId ?? "") ?? null,
    lane: laneOf({ ...row.source, keyNames: row.keyNames, ...known(row.entryId) }, limits),
  }));
  return {
    ...{ person, waiting, secretCounts, requests, at },
    secrets: { ...mine, rows: secrets },
    place: { ...place, waiting: waiting.page, secrets: mine.page, requests: requests.page },
  };
}

/** The subjects whose change draws it again: what stands in it, and the lists that this person's groups give them. */
export function watchesOf({ person, waiting, secrets, requests }: HomeState): string[] {
  const subjects = [
    `user:${person.userId}`,
    ...person.teams.map(({ name }) => `team:${name}`),
    ...(person.isApprover ? ["approvers"] : []),
    ...(person.isStaff ? ["staff"] : []),
    ...waiting.rows.map(subjectOf),
    ...secrets.rows.flatMap(({ entryId, requestId }) => [
      `entry:${entryId}`,
      ...(requestId === null ? [] : [`request:${requestId}`]),
    ]),
    ...requests.rows.map(({ id }) => `request:${id}`),
  ];
  return [...new Set(subjects)];
}
