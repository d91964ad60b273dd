import { looksLikeSecret } from "../src/approvals/looks-like-secret.ts";
import type { FindResult } from "../src/catalog/find-entries.ts";
import { namesInText } from "../src/catalog/names-in-text.ts";
import type { SearchQuery, SearchResult } from "../src/catalog/search/search-query.ts";
import type { ListedPage } from "../src/catalog/search/shown-list.ts";
import { PathHiddenError, type Viewer } from "../src/catalog/visibility.ts";
import type { SecretAnswer } from "../src/metadata/answer/secret-answer.ts";
import { laneOfEntry } from "../src/migration/lanes/lane-of-entry.ts";
import type { RequestState } from "../src/migration/request-state.ts";
import { ACTION } from "../src/slack/action-ids.ts";
import type { Message } from "../src/slack/blocks.ts";
import {
  MATCHES_PER_PAGE,
  type Matches,
  matchesMessage,
  type NamedInText,
  namedMessage,
  pastedSecretMessage,
} from "../src/slack/matches-message.ts";
import { helpMessage } from "../src/slack/menu-message.ts";
import type { ViewSettings } from "../src/slack/view-settings.ts";
import { type WhatView, whatMessage } from "../src/slack/what-message.ts";
import type { Reporting } from "./reporting.ts";

/** What every surface needs that answers "what is this secret". */
export interface AnswerDeps extends Reporting {
  readonly settings: ViewSettings;
  /** What this person may not see, asked anew each time. */
  viewerOf(userId: string): Promise<Viewer>;
  findEntries(text: string, viewer: Viewer): Promise<FindResult>;
  searchEntries(query: SearchQuery, viewer: Viewer): Promise<SearchResult>;
  answerOf(entryId: number, viewer: Viewer): Promise<SecretAnswer>;
  loadRequestState(requestId: string): Promise<RequestState | null>;
  /** Keeps which entries an answer lists, for its further pages. @returns The list's id. */
  keepList(list: { readonly askedBy: string; readonly entryIds: readonly number[] }): Promise<string>;
  /** null: it is somebody else's, or too old. */
  readList(
    part: { readonly id: string; readonly askedBy: string; readonly offset: number; readonly limit: number },
    viewer: Viewer,
  ): Promise<ListedPage | null>;
}

/** More than anybody pages through. */
const LISTED_AT_MOST = 50;

export interface Asked {
  readonly text: string;
  readonly userId: string;
}

/** Where the answer stands: a DM or a modal is no place to share from. */
export type AnswerPlace = Pick<WhatView, "isApart" | "sharedBy" | "foundBy">;

/**
 * The card of the one secret that was meant, the names to choose from, or why there is neither.
 * @throws {PathHiddenError} The same words for every path under a rule, whether or not there is a secret.
 */
export async function answerWhat(deps: AnswerDeps, asked: Asked, place: AnswerPlace = {}): Promise<Message> {
  const { text, userId } = asked;
  if (text.trim() === "") return helpMessage("what");
  const viewer = await deps.viewerOf(userId);
  const found = await deps.findEntries(text, viewer);
  if (found.kind === "one") return cardOf(deps, found.entry.entryId, viewer, { ...place, ...foundBy(found) });
  if (found.kind === "hidden") throw new PathHiddenError(found.rule);
  // Not before: a path may look like anything, and one that the catalogue knows is no credential.
  if (looksLikeSecret(text)) return pastedSecretMessage();
  const names = namesInText(text).filter((name) => name !== text.trim());
  if (names.length > 0) return answerNames(deps, { names, viewer, userId }, place);
  return matchesMessage(await firstPage(deps, asked, found, viewer), ACTION.askWhat);
}

/** A sentence, or several, with names in it: one name is answered as if it had been typed alone. */
export async function answerNames(
  deps: AnswerDeps,
  { names, viewer, userId }: { readonly names: readonly string[]; readonly viewer: Viewer; readonly userId: string },
  place: AnswerPlace = {},
): Promise<Message> {
  const [only] = names;
  if (only !== undefined && names.length === 1) return answerOne(deps, { text: only, userId }, viewer, place);
  const named = await Promise.all(names.map((name) => lookUpNamed(deps, name, viewer)));
  const matches = named.flatMap((one) => (one.kind === "match" ? [one.match] : []));
  const [match] = matches;
  if (match && matches.length === 1 && named.every(({ kind }) => kind !== "refused")) {
    return cardOf(deps, match.entryId, viewer, place);
  }
  return namedMessage(named);
}

async function answerOne(deps: AnswerDeps, asked: Asked, viewer: Viewer, place: AnswerPlace): Promise<Message> {
  const found = await deps.findEntries(asked.text, viewer);
  if (found.kind === "one") return cardOf(deps, found.entry.entryId, viewer, { ...place, ...foundBy(found) });
  if (found.kind === "hidden") throw new PathHiddenError(found.rule);
  return matchesMessage(await firstPage(deps, asked, found, viewer), ACTION.askWhat);
}

/** Said on the card where it was not by its path. */
const foundBy = ({ because }: { readonly because?: string }) => (because === undefined ? {} : { foundBy: because });

async function lookUpNamed({ findEntries }: AnswerDeps, asked: string, viewer: Viewer): Promise<NamedInText> {
  const found = await findEntries(asked, viewer);
  if (found.kind === "one") return { kind: "match", match: found.entry };
  if (found.kind === "hidden") {
    return { kind: "refused", asked, why: new PathHiddenError(found.rule).userMessage };
  }
  return { kind: "unknown", asked };
}

async function firstPage(
  deps: AnswerDeps,
  { text, userId }: Asked,
  { kind, near, hasMore }: Exclude<FindResult, { kind: "one" | "hidden" }>,
  viewer: Viewer,
): Promise<Matches> {
  const first = { asked: text, kind, near };
  if (!hasMore) return first;
  const { hits } = await deps.searchEntries({ text, limit: LISTED_AT_MOST }, viewer);
  const entryIds = [...new Set([...near, ...hits].map(({ entryId }) => entryId))];
  if (entryIds.length <= MATCHES_PER_PAGE) return first;
  const id = await deps.keepList({ askedBy: userId, entryIds });
  return { ...first, page: { id, offset: 0, hasMore: true } };
}

/** Another page of the names that fit a question. null: nobody remembers the list. */
export async function answerPage(
  deps: AnswerDeps,
  { id, offset, userId }: { readonly id: string; readonly offset: number; readonly userId: string },
): Promise<Message | null> {
  const part = { id, askedBy: userId, offset, limit: MATCHES_PER_PAGE };
  const listed = await deps.readList(part, await deps.viewerOf(userId));
  if (listed === null) return null;
  const page = { id, offset, hasMore: listed.hasMore };
  return matchesMessage({ asked: null, kind: "several", near: listed.hits, page }, ACTION.askWhat);
}

/** @throws {PathHiddenError} {EntryUnknownError} */
export async function cardOf(
  deps: AnswerDeps,
  entryId: number,
  viewer: Viewer,
  place: AnswerPlace = {},
): Promise<Message> {
  return whatMessage({ ...(await viewOf(deps, entryId, viewer)), ...place });
}

/** What a card is drawn from, seen by one person. @throws {PathHiddenError} {EntryUnknownError} */
export async function viewOf(deps: AnswerDeps, entryId: number, viewer: Viewer): Promise<WhatView> {
  const answer = await deps.answerOf(entryId, viewer);
  const { requestId } = answer.entry;
  const request = requestId === null ? null : await deps.loadRequestState(requestId);
  return { answer, request, lane: laneOfEntry(answer.entry, deps.settings.limits), settings: deps.settings };
}
