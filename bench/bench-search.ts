import { randomUUID } from "node:crypto";
import { type KyselyPlugin, sql } from "kysely";
import { createDatabase } from "../dev/postgres/create-database.ts";
import { searchEntries } from "../src/catalog/search/search-entries.ts";
import { SEES_ALL } from "../src/catalog/visibility.ts";
import { identifyEntries } from "../src/metadata/identify-entries.ts";
import { migrateStore } from "../src/store/migrate.ts";
import { openStore, type Store } from "../src/store/open-store.ts";
import { catalogueEstate, practiceBank } from "../test/catalog/search/fill-estate.ts";
import type { BenchResult, BenchRun } from "./bench.ts";
import { type SearchQuestion, searchQuestions } from "./search-questions.ts";

interface Timed {
  readonly kind: string;
  /** All statements of the search, as the caller waits for them. */
  readonly oursMs: number;
  /** One scan of every path for the same words, as one would write it first. */
  readonly scanMs: number;
  /** One look-up of a path by its index: less than any search can take. */
  readonly floorMs: number;
}

/**
 * Searches a whole estate as people do. The ratio is our 95th percentile by that of a plain scan for the same words, each
 * question after the other's on one connection. What waits is counted: the round trips, not the ranking in this process.
 */
export async function benchSearch({ servers, items, warmUp, entries, say }: BenchRun): Promise<BenchResult> {
  const url = await createDatabase(servers.postgres.url, `bench_search_${randomUUID().slice(0, 8)}`);
  const plain = openStore(url, () => {}, 1);
  try {
    await migrateStore(plain);
    const identify = await loadEstate(plain, entries, say);
    const paths = await plain.selectFrom("entry").select("fullPath").orderBy("id").execute();
    const questions = searchQuestions(
      paths.map(({ fullPath }) => fullPath),
      warmUp + items,
      1,
    );
    const clock = databaseClock();
    const store = plain.withPlugin(clock.plugin);
    const timed: Timed[] = [];
    for (const question of questions) timed.push(await ask(plain, store, clock, question));
    return resultOf(timed.slice(warmUp), { entries, identify });
  } finally {
    await plain.destroy();
  }
}

interface IdentifyFigures {
  readonly namesSeconds: number;
  readonly againSeconds: number;
}

async function loadEstate(store: Store, entries: number, say: BenchRun["say"]): Promise<IdentifyFigures> {
  const bank = practiceBank(entries);
  await catalogueEstate(store, bank);
  const identify = async (what: string): Promise<number> => {
    const begun = performance.now();
    const count = await identifyEntries({ store, now: () => new Date() });
    const seconds = (performance.now() - begun) / 1_000;
    say(`identified ${count} entries, ${what}, in ${seconds.toFixed(1)} s`);
    return seconds;
  };
  const figures = { namesSeconds: await identify("all new"), againSeconds: await identify("nothing changed") };
  // A third is on its way or moved, as in the middle of a migration.
  await sql`
    insert into request (id, envelope_id, status, entry_id, requester, content, places, signature, key_id, created_at,
      changed_at, expires_at)
    select 'RQ-' || (2000 + id), gen_random_uuid(), case when id % 60 = 0 then 'failed' when id % 63 = 0 then 'waiting'
        else 'migrated' end, id, 'U0ERIN', '{}', array['123456789012' || E'\n' || 'eu-central-1' || E'\n' || full_path], '',
      '', now(), now(), now()
    from entry where id % 3 = 0
  `.execute(store);
  await sql`vacuum analyze`.execute(store); // as autovacuum has it soon after a crawl
  return figures;
}

async function ask(
  plain: Store,
  store: Store,
  clock: ReturnType<typeof databaseClock>,
  { kind, text, words }: SearchQuestion,
): Promise<Timed> {
  clock.reset();
  await searchEntries(store, { text, limit: 10 }, SEES_ALL, true);
  const oursMs = clock.reset();
  const patterns = words.map((word) => `%${word.replace(/[\\%_]/g, "\\$&")}%`);
  const scanMs = await plain.transaction().execute(async (tx) => {
    await sql`set local enable_bitmapscan = off; set local enable_indexscan = off`.execute(tx);
    return timeOf(() =>
      sql`select id, full_path from entry where full_path ilike all (${patterns}::text[]) order by length(full_path)
        limit 10`.execute(tx),
    );
  });
  const floorMs = await timeOf(() => sql`select id from entry where full_path = ${text}`.execute(plain));
  return { kind, oursMs, scanMs, floorMs };
}

async function timeOf(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}

/** Adds up how long each statement is waited for. */
function databaseClock(): { plugin: KyselyPlugin; reset(): number } {
  let sum = 0;
  const begun = new WeakMap<object, number>();
  return {
    plugin: {
      transformQuery({ node, queryId }) {
        begun.set(queryId, performance.now());
        return node;
      },
      async transformResult({ result, queryId }) {
        sum += performance.now() - (begun.get(queryId) ?? Number.NaN);
        return result;
      },
    },
    reset() {
      const total = sum;
      sum = 0;
      return total;
    },
  };
}

function resultOf(timed: readonly Timed[], load: { entries: number; identify: IdentifyFigures }): BenchResult {
  const kinds = [...new Set(timed.map(({ kind }) => kind))];
  const rows = ["all", ...kinds].map((kind) => {
    const own = timed.filter((one) => kind === "all" || one.kind === kind);
    return {
      kind,
      ...spread(own.map(({ oursMs }) => oursMs)),
      scanP95Ms: spread(own.map(({ scanMs }) => scanMs)).p95Ms,
    };
  });
  const [all] = rows;
  const [p95Ms, scanP95Ms] = [all?.p95Ms ?? Number.NaN, all?.scanP95Ms ?? Number.NaN];
  const floorMs = spread(timed.map((one) => one.floorMs)).p50Ms;
  const ms = (value: number): string => value.toFixed(1).padStart(8);
  return {
    figures: {
      ratio: p95Ms / scanP95Ms,
      p95Ms,
      scanP95Ms,
      floorP50Ms: floorMs,
      items: timed.length,
      ...load,
      kinds: rows,
    },
    lines: [
      `${timed.length} searches of ${load.entries} entries, milliseconds in the database, waiting included`,
      `${"".padEnd(28)}${["p50", "p95", "max", "scan p95"].map((name) => name.padStart(8)).join(" ")}`,
      ...rows.map(
        ({ kind, p50Ms, p95Ms: p95, maxMs, scanP95Ms: scan }) =>
          `${kind.padEnd(28)}${[p50Ms, p95, maxMs, scan].map(ms).join(" ")}`,
      ),
      `one look-up of a path by its index takes ${floorMs.toFixed(2)} ms (median)`,
      `ratio ${(p95Ms / scanP95Ms).toFixed(3)}: our p95 by that of a plain scan for the same words`,
    ],
  };
}

function spread(values: readonly number[]): { p50Ms: number; p95Ms: number; maxMs: number } {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
  return { p50Ms: at(0.5), p95Ms: at(0.95), maxMs: at(1) };
}
