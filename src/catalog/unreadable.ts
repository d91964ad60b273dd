import { showName } from "./show-name.ts";

export interface UnreadableBranch {
  readonly path: string;
  readonly reason: string;
}

const KEPT_AT_MOST = 1_000;

/** What a crawl could not see, and why. A missing right can hide every entry, so the list is cut and the count is not. */
export interface UnreadableList {
  readonly branches: readonly UnreadableBranch[];
  count(): number;
  add(path: string, reason: string): void;
}

export function unreadableList(): UnreadableList {
  const branches: UnreadableBranch[] = [];
  let count = 0;
  return {
    branches,
    count: () => count,
    add(path, reason) {
      count += 1;
      if (branches.length < KEPT_AT_MOST) branches.push({ path: showName(path).shown, reason });
    },
  };
}
