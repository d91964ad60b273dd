import { randomUUID } from "node:crypto";
import type { AskDeps } from "../../handlers/ask.ts";
import type { MentionDeps } from "../../handlers/mention.ts";
import type { OwnershipDeps } from "../../handlers/ownership.ts";
import { describeEntry } from "../catalog/describe-entry.ts";
import { findEntries } from "../catalog/find-entries.ts";
import { assertForEverybody } from "../catalog/not-for-everybody.ts";
import { searchEntries } from "../catalog/search/search-entries.ts";
import { keepList, readList } from "../catalog/search/shown-list.ts";
import { resolveViewer, type VisibilityRule } from "../catalog/visibility.ts";
import type { Members, Membership } from "../membership.ts";
import { answerOf } from "../metadata/answer/secret-answer.ts";
import { claimEntry, disclaimEntry } from "../metadata/claim-entry.ts";
import { type Team, teamsOf } from "../metadata/team.ts";
import { listRequestStates, loadRequestState } from "../migration/load-request-state.ts";
import { plannedSources } from "../migration/planned-sources.ts";
import type { NameRule } from "../migration/target-name.ts";
import type { Store } from "../store/open-store.ts";
import { openCaseOf } from "../support/open-case-of.ts";
import { isCaseThread } from "../support/relay.ts";

export interface AnswerParts {
  readonly store: Store;
  readonly now: () => Date;
  readonly teams: readonly Team[];
  readonly visibility: readonly VisibilityRule[];
  /** Who sees every name: support staff, operators and approvers handle cases and cards of every path. */
  readonly seeAll: readonly Members[];
  readonly targets: readonly NameRule[];
  /** Asked anew each time: for what somebody does. */
  readonly membership: Membership;
  /** May remember for a minute: for what somebody sees, which is asked at every letter of a search. */
  readonly viewMembership: Membership;
}

type AnswerUseCases = Omit<
  AskDeps & MentionDeps & OwnershipDeps,
  "log" | "desk" | "recordInbox" | "settings" | "isApprover" | "countProgress"
>;

/** What answers "what is this secret" on every surface, and records whose it is. */
export function answerUseCases(parts: AnswerParts): AnswerUseCases {
  const { store, now, teams, visibility, seeAll, membership, viewMembership } = parts;
  const sourcesOf = plannedSources(parts.targets);
  return {
    now,
    viewerOf: (userId) => resolveViewer({ rules: visibility, membership: viewMembership, seeAll }, userId),
    findEntries: (text, viewer) => findEntries(store, text, viewer, sourcesOf),
    searchEntries: (query, viewer) => searchEntries(store, query, viewer, true),
    describeEntry: (entryId, viewer) => describeEntry(store, entryId, viewer),
    answerOf: (entryId, viewer) => answerOf({ store, teams, now }, entryId, viewer),
    async keepList({ askedBy, entryIds }) {
      const id = randomUUID();
      await keepList(store, { id, askedBy, entryIds, at: now() });
      return id;
    },
    readList: (part, viewer) => readList(store, part, viewer),
    assertShareable: (fullPath) => assertForEverybody(visibility, fullPath),
    loadRequestState: (requestId) => loadRequestState(store, requestId),
    listRequestStates: (filter) => listRequestStates(store, filter),
    teamsOf: (userId) => teamsOf({ teams, membership }, userId),
    claimEntry: (click) => claimEntry({ store, now, teams, membership }, click),
    disclaimEntry: (click) => disclaimEntry({ store, now, teams, membership }, click),
    isCaseThread: (thread) => isCaseThread(store, thread),
    openCaseOf: (userId) => openCaseOf(store, userId),
  };
}
