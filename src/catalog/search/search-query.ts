import type { EntryName } from "../entry-name.ts";

/** What a search may be narrowed by; each can also be typed: `owner:payments`. */
export interface SearchFilters {
  readonly owner?: string;
  /** Custom metadata or tag of the target: its key, its value, or `key=value`. */
  readonly tag?: string;
  /** See SEARCH_STATES. */
  readonly state?: string;
  readonly engine?: string;
  /** The beginning of a key name, or of a word in it. */
  readonly key?: string;
  readonly env?: string;
  /** A type of secret: `payment-key`. */
  readonly type?: string;
  readonly app?: string;
  readonly mount?: string;
}

export interface SearchQuery extends SearchFilters {
  /** Words, a path, or a piece of one; filters may stand in it. Empty: the filters alone. */
  readonly text: string;
  readonly limit: number;
  readonly offset?: number;
}

export interface SearchHit extends EntryName {
  /** Why it was found: "words stripe, checkout", "key name api_key". */
  readonly because: string;
  /** What tells it apart from the others in the list: "prod, owner payments". "" where it stands alone. */
  readonly apart: string;
  /** name: the path, or the end of it, is what was typed. words: it has every word. near: it may be what was meant. */
  readonly fit: "name" | "words" | "near";
}

export interface SearchResult {
  readonly hits: readonly SearchHit[];
  readonly hasMore: boolean;
}

/** In the words of people, with what else they type. */
export const SEARCH_STATES = {
  "not requested": ["not-requested", "none", "unrequested", "new"],
  waiting: ["requested", "asked"],
  approved: [],
  migrating: ["moving"],
  migrated: ["moved", "done"],
  failed: [],
  undone: [],
  rejected: [],
  expired: [],
  withdrawn: [],
  gone: [],
  deleted: [],
} as const satisfies Record<string, readonly string[]>;
export type SearchState = keyof typeof SEARCH_STATES;

export function searchStateOf(text: string): SearchState | null {
  const typed = text.trim().toLowerCase();
  const found = Object.entries(SEARCH_STATES).find(([state, also]) => [state, ...also].includes(typed));
  return found ? (found[0] as SearchState) : null;
}
