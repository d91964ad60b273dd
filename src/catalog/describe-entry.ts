import { GloveboxError } from "../errors.ts";
import type { Store } from "../store/open-store.ts";
import type { Engine, EntryVersion } from "../store/tables/catalog.ts";
import type { StoredLaneReason } from "../store/tables/lanes.ts";
import type { RequestStatus } from "../store/tables/requests.ts";
import { isCurrentVersionDeleted } from "./current-version.ts";
import { type ShownName, showName } from "./show-name.ts";
import { assertVisible, isVisible, type Viewer } from "./visibility.ts";

/** What is said of one field of an entry: by a person, and by rules, neighbours or a model. */
interface EntryFact {
  readonly field: string;
  readonly confirmed: { readonly value: string; readonly by: string; readonly at: Date } | null;
  /** The surest first. */
  readonly suggestions: readonly {
    readonly value: string;
    readonly source: string;
    readonly evidence: string;
    readonly confidence: number;
  }[];
}

export interface EntryDescription {
  readonly entryId: number;
  readonly source: {
    readonly namespace: string;
    readonly mount: string;
    readonly mountAccessor: string;
    readonly engine: Engine;
    readonly path: string;
  };
  /** `mount/path`, exactly. */
  readonly fullPath: string;
  readonly name: ShownName;
  /** null: the engine has none (KV v1), or the crawl has not described the entry yet. */
  readonly currentVersion: number | null;
  /** The oldest first. */
  readonly versions: readonly EntryVersion[];
  /** null: the engine does not tell without a read (KV v1), the version is deleted, or not described yet. */
  readonly keyNames: readonly string[] | null;
  readonly customMetadata: Readonly<Record<string, string>>;
  readonly vaultCreatedAt: Date | null;
  readonly vaultUpdatedAt: Date | null;
  readonly seenAt: Date;
  readonly goneAt: Date | null;
  /** The current version is deleted or destroyed: there is nothing to move. */
  readonly isDeleted: boolean;
  /** Other entries that look like this one on a screen, where the viewer may see them. */
  readonly twins: readonly { readonly entryId: number; readonly path: string; readonly name: ShownName }[];
  /** The newest request for it. */
  readonly requestId: string | null;
  readonly requestStatus: RequestStatus | null;
  readonly facts: readonly EntryFact[];
  /** Why its move needs more than a request and a yes, as judged last; null: not judged yet. */
  readonly judgedReasons: readonly StoredLaneReason[] | null;
}

export class EntryUnknownError extends GloveboxError {
  readonly code = "ENTRY_UNKNOWN";
  readonly userMessage =
    "The catalogue has no such secret any more, so nothing was done. Look it up again with `/secrets what <path>`.";
  /** @param entryId null where a name was looked for and not found. */
  constructor(entryId: number | null) {
    super(`no entry ${entryId ?? "of that name"}, or it is gone from Vault`);
  }
}

/**
 * All that the catalogue knows of one entry, as far as the viewer may see it.
 * @throws {EntryUnknownError} {PathHiddenError} {GloveboxError} Who may see it could not be asked.
 */
export async function describeEntry(
  store: Store,
  entryId: number,
  viewer: Viewer,
  at = new Date(),
): Promise<EntryDescription> {
  const entry = await store.selectFrom("entry").selectAll().where("id", "=", entryId).executeTakeFirst();
  if (entry === undefined) throw new EntryUnknownError(entryId);
  assertVisible(viewer, entry.fullPath);
  const twins =
    entry.lookKey === ""
      ? []
      : await store
          .selectFrom("entry")
          .select(["id", "fullPath"])
          .where("lookKey", "=", entry.lookKey)
          .where("id", "!=", entryId)
          .where("goneAt", "is", null)
          .where(isVisible(viewer))
          .orderBy("fullPath")
          .execute();
  const request = await store
    .selectFrom("request")
    .select(["id", "status"])
    .where("entryId", "=", entryId)
    .orderBy("createdAt", "desc")
    .limit(1)
    .executeTakeFirst();
  const { namespace, mount, mountAccessor, engine, path } = entry;
  return {
    entryId,
    source: { namespace, mount, mountAccessor, engine, path },
    fullPath: entry.fullPath,
    name: showName(entry.fullPath),
    currentVersion: entry.currentVersion,
    versions: [...entry.versions].sort((a, b) => a.version - b.version),
    keyNames: entry.keyNames,
    customMetadata: entry.customMetadata,
    vaultCreatedAt: entry.vaultCreatedAt,
    vaultUpdatedAt: entry.vaultUpdatedAt,
    seenAt: entry.seenAt,
    goneAt: entry.goneAt,
    isDeleted: isCurrentVersionDeleted(entry, at),
    twins: twins.map(({ id, fullPath }) => ({ entryId: id, path: fullPath, name: showName(fullPath) })),
    requestId: request?.id ?? null,
    requestStatus: request?.status ?? null,
    facts: await factsOf(store, entryId),
    judgedReasons: await judgedReasonsOf(store, entryId),
  };
}

async function judgedReasonsOf(store: Store, entryId: number) {
  const judged = await store
    .selectFrom("entryLane")
    .select("reasons")
    .where("entryId", "=", entryId)
    .executeTakeFirst();
  return judged?.reasons ?? null;
}

async function factsOf(store: Store, entryId: number): Promise<EntryFact[]> {
  const suggestions = await store
    .selectFrom("metadataSuggestion")
    .select(["field", "value", "source", "evidence", "confidence"])
    .where("entryId", "=", entryId)
    .orderBy("confidence", "desc")
    .execute();
  const confirmations = await store
    .selectFrom("metadataConfirmation")
    .select(["field", "value", "confirmedBy", "confirmedAt"])
    .where("entryId", "=", entryId)
    .execute();
  const fields = new Set([...confirmations, ...suggestions].map(({ field }) => field));
  return [...fields].sort().map((field) => {
    const confirmed = confirmations.find((confirmation) => confirmation.field === field);
    return {
      field,
      confirmed: confirmed ? { value: confirmed.value, by: confirmed.confirmedBy, at: confirmed.confirmedAt } : null,
      suggestions: suggestions.filter((one) => one.field === field).map(({ field: _, ...rest }) => rest),
    };
  });
}
