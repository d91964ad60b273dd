import type { SearchHit } from "../catalog/search/search-query.ts";
import { showName } from "../catalog/show-name.ts";

/** One hit, with what the eye can't see in its name, what tells it apart, and why it was found. */
export function hitLine({ shown, note, isGone, apart, because }: SearchHit): string {
  const parts = [
    note === null ? "" : `(${note})`,
    isGone ? "gone from Vault" : "",
    apart === "" ? "" : showName(apart).shown,
    `[${showName(because).shown}]`, // key names and custom metadata are anybody's text
  ];
  return `  ${[shown, ...parts.filter((part) => part !== "")].join("  ")}`;
}
