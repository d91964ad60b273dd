import { showName } from "./show-name.ts";

/** One entry as a choice for people. */
export interface EntryName {
  readonly entryId: number;
  /** `mount/path`, exactly. */
  readonly path: string;
  /** The same with blanks at edges and invisible characters made visible. */
  readonly shown: string;
  /** What the eye can't see; null when the name is plain. */
  readonly note: string | null;
  readonly isGone: boolean;
}

export interface NamedRow {
  readonly id: number;
  readonly fullPath: string;
  readonly goneAt: Date | null;
}

export function entryName({ id, fullPath, goneAt }: NamedRow): EntryName {
  return { entryId: id, path: fullPath, ...showName(fullPath), isGone: goneAt !== null };
}
