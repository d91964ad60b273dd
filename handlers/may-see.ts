import { type EntryDescription, EntryUnknownError } from "../src/catalog/describe-entry.ts";
import { PathHiddenError, type Viewer } from "../src/catalog/visibility.ts";
import type { RequestState } from "../src/migration/request-state.ts";

export interface SightDeps {
  /** What this person may not see, asked anew each time. */
  viewerOf(userId: string): Promise<Viewer>;
  describeEntry(entryId: number, viewer: Viewer): Promise<EntryDescription>;
}

/** Whether somebody may see a request: their own always, others' where no rule keeps its path from them. */
export async function maySee(
  { viewerOf, describeEntry }: SightDeps,
  { requester, entryId }: Pick<RequestState, "requester" | "entryId">,
  userId: string,
): Promise<boolean> {
  if (requester === userId) return true;
  return describeEntry(entryId, await viewerOf(userId)).then(
    () => true,
    (error: unknown) => {
      if (error instanceof PathHiddenError || error instanceof EntryUnknownError) return false;
      throw error;
    },
  );
}
