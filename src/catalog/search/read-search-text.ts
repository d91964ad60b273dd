import { GloveboxError } from "../../errors.ts";
import type { SearchFilters } from "./search-query.ts";

export const FILTERS = ["owner", "tag", "state", "engine", "key", "env", "type", "app", "mount"] as const;

export class SearchFilterUnknownError extends GloveboxError {
  readonly code = "SEARCH_FILTER_UNKNOWN";
  readonly userMessage: string;
  constructor(text: string) {
    super("a search names a filter or a state that there is not");
    this.userMessage = text;
  }
}

/** `owner:payments`, `tag:"cost centre=42"`; or a text in quotes, which is a word with its colon. */
const FILTER = /(?:^|\s+)(?:([A-Za-z]{2,20}):(?![/:])("[^"]*"|\S+)|"([^"]*)")(?!\S)/g;

/**
 * Takes the filters out of what somebody typed.
 * @param isLenient A word with a colon that is no filter stays a word: somebody asks what a thing is, and does not search.
 * @throws {SearchFilterUnknownError} Only where not lenient.
 */
export function readSearchText(text: string, isLenient = false): { words: string; filters: SearchFilters } {
  const filters: Record<string, string> = {};
  const words = text.replace(FILTER, (whole: string, name?: string, value?: string, quoted?: string) => {
    if (name === undefined || value === undefined) return ` ${quoted ?? ""}`;
    const filter = FILTERS.find((one) => one === name.toLowerCase());
    if (filter === undefined && (isLenient || name.toLowerCase() === "arn")) return whole;
    if (filter === undefined) throw new SearchFilterUnknownError(unknownFilter(name));
    filters[filter] = value.replace(/^"(.*)"$/, "$1");
    return "";
  });
  return { words: words.trim(), filters };
}

const unknownFilter = (name: string): string =>
  `There is no filter called "${name}", so nothing was looked up. Filters are ${FILTERS.join(", ")}. Put the text in quotes to look for it as it stands.`;
