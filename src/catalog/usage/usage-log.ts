import { sql } from "kysely";
import type { Store } from "../../store/open-store.ts";
import type { Tally } from "./tally.ts";
import { lockCounts, writeTally } from "./write-tally.ts";

/** How far a log was read. */
export interface LogPlace {
  readonly sourceId: number;
  /** Whole lines, uncompressed. */
  readonly readBytes: number;
  /** Of the line that ends there; null: there is none that could be told again. */
  readonly lastLine: LastLine | null;
}
export interface LastLine {
  readonly hash: string;
  /** Without its line break. */
  readonly bytes: number;
}

/** What was found in one stretch of a log, from a place on. */
export interface Stretch {
  readonly tally: Tally;
  readonly bytes: number;
  readonly lastLine: LastLine | null;
  readonly lineCount: number;
  readonly countedCount: number;
  readonly malformedCount: number;
  readonly overlongCount: number;
  readonly droppedCount: number;
  /** By the lines' own times; null: no line told one. */
  readonly firstAt: Date | null;
  readonly lastAt: Date | null;
}

export interface LogName {
  readonly kind: "file" | "socket";
  readonly fingerprint: string;
  /** Where it was seen first. */
  readonly name: string;
}

/** Where it is kept how far each log was read, and what was found. */
export interface UsageLog {
  /** The place to go on from; the beginning of a log that nobody read. */
  open(log: LogName): Promise<LogPlace>;
  /**
   * Counts a stretch and moves the place on, in one transaction.
   * @returns The new place; null: somebody else has read on from there, and nothing was counted. Open it again.
   */
  record(from: LogPlace, stretch: Stretch): Promise<LogPlace | null>;
  /** The newest time in logs of that name; null: none was read. */
  lastAtOf(name: string): Promise<Date | null>;
  /** A log that was read before, whatever it was called. */
  find(fingerprint: string): Promise<LogPlace | null>;
}

export function usageLog(store: Store, now: () => Date): UsageLog {
  const find: UsageLog["find"] = async (fingerprint) => {
    const row = await store
      .selectFrom("usageSource")
      .select(["id", "readBytes", "lastLineHash", "lastLineBytes"])
      .where("fingerprint", "=", fingerprint)
      .executeTakeFirst();
    if (row === undefined) return null;
    const { id, readBytes, lastLineHash: hash, lastLineBytes: bytes } = row;
    return { sourceId: id, readBytes, lastLine: hash === null || bytes === null ? null : { hash, bytes } };
  };
  return {
    find,
    async open({ kind, fingerprint, name }) {
      await store
        .insertInto("usageSource")
        .values({ kind, fingerprint, name, changedAt: now() })
        .onConflict((conflict) => conflict.column("fingerprint").doNothing())
        .execute();
      const place = await find(fingerprint);
      if (place === null) throw new TypeError("a log's place was not kept");
      return place;
    },
    record: (from, stretch) => store.transaction().execute((tx) => record(tx, from, stretch, now())),
    async lastAtOf(name) {
      const { lastAt } = await store
        .selectFrom("usageSource")
        .select(({ fn }) => fn.max("lastAt").as("lastAt"))
        .where("name", "=", name)
        .executeTakeFirstOrThrow();
      return lastAt;
    },
  };
}

async function record(tx: Store, from: LogPlace, stretch: Stretch, at: Date): Promise<LogPlace | null> {
  await lockCounts(tx);
  const to: LogPlace = {
    sourceId: from.sourceId,
    readBytes: from.readBytes + stretch.bytes,
    lastLine: stretch.bytes > 0 ? stretch.lastLine : from.lastLine,
  };
  const moved = await sql`
    update usage_source set read_bytes = ${to.readBytes}, last_line_hash = ${to.lastLine?.hash ?? null},
      last_line_bytes = ${to.lastLine?.bytes ?? null}, line_count = line_count + ${stretch.lineCount},
      counted_count = counted_count + ${stretch.countedCount},
      malformed_count = malformed_count + ${stretch.malformedCount},
      overlong_count = overlong_count + ${stretch.overlongCount},
      dropped_count = dropped_count + ${stretch.droppedCount},
      first_at = least(first_at, ${stretch.firstAt}), last_at = greatest(last_at, ${stretch.lastAt}), changed_at = ${at}
    where id = ${from.sourceId} and read_bytes = ${from.readBytes}
  `.execute(tx);
  if (moved.numAffectedRows !== 1n) return null;
  await writeTally(tx, stretch.tally);
  return to;
}
