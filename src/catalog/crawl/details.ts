import type { Store } from "../../store/open-store.ts";
import { CatalogRightMissingError, type CatalogSource, type MountInfo, NotInVaultError } from "../catalog-source.ts";
import type { Bounds } from "../run-bounded.ts";
import { showName } from "../show-name.ts";
import type { UnreadableBranch } from "./unreadable.ts";

/** What the two passes over single secrets need: metadata, then key names. */
export interface DetailsDeps extends Bounds {
  readonly store: Store;
  readonly source: CatalogSource;
  readonly crawlId: number;
  readonly mountOf: (row: DetailRow) => MountInfo;
  /** Secrets written in one transaction. */
  readonly batchSize: number;
  readonly now: () => Date;
  /** Hears of each batch that is written. */
  written(batch: { mount: string; askedCount: number; unreadableCount: number }): void;
}

/** One secret that is asked about. */
export interface DetailRow {
  readonly id: number;
  readonly namespace: string;
  readonly mount: string;
  readonly path: string;
}

/** Vault's answer, or why there is none. */
export type DetailAnswer<Answer> =
  | { readonly id: number; readonly read: Answer; readonly unreadable: null }
  | { readonly id: number; readonly read: null; readonly unreadable: UnreadableBranch };

/** @throws What is no word on this one secret. */
export async function askFor<Answer>(
  row: DetailRow,
  kind: "metadata" | "keys",
  ask: () => Promise<Answer>,
): Promise<DetailAnswer<Answer>> {
  try {
    return { id: row.id, read: await ask(), unreadable: null };
  } catch (error) {
    return { id: row.id, read: null, unreadable: unreadableDetail(row, kind, error) };
  }
}

function unreadableDetail(row: DetailRow, kind: "metadata" | "keys", error: unknown): UnreadableBranch {
  const { namespace, mount, path } = row;
  if (error instanceof CatalogRightMissingError) {
    // By folder: who lacks the right on one secret of it lacks it, as a rule, on all.
    const branch = path.slice(0, path.lastIndexOf("/") + 1);
    const { missingRight } = error.forAllBeside(path.slice(branch.length));
    const what = kind === "metadata" ? "Metadata" : "Key names";
    const reason = `${what} of secrets directly in it: the catalog identity lacks ${missingRight}.`;
    return { kind, namespace, mount, branch, missingRight, reason };
  }
  if (error instanceof NotInVaultError) {
    // Deleted since it was listed, or a name that is not UTF-8: Vault lists it with U+FFFD and knows no such path.
    const reason = "Vault lists this name but answers that nothing is there.";
    return { kind: "name", namespace, mount, branch: showName(path).shown, missingRight: null, reason };
  }
  throw error;
}
