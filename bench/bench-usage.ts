import { mkdtemp, open, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { auditLog } from "../dev/seed/audit-log.ts";
import { knownMounts } from "../src/catalog/usage/known-mounts.ts";
import { usageLog } from "../src/catalog/usage/usage-log.ts";
import { migrateStore } from "../src/store/migrate.ts";
import { openStore } from "../src/store/open-store.ts";
import { auditLineReader } from "../src/vault/audit-log/audit-line.ts";
import { importAuditFile } from "../src/vault/audit-log/import-file.ts";
import type { BenchResult, BenchRun } from "./bench.ts";
import { makeDatabase } from "./make-database.ts";

const SLICES = 4;
const PAST_DAYS = 365;

/**
 * Lines of an invented audit log through the whole path, from the file to Postgres, against a bare JSON.parse of the same
 * lines, in turns. Each slice is a file of its own, so that memory can be compared, first to last.
 */
export async function benchUsage({ servers, items, entries, say }: BenchRun): Promise<BenchResult> {
  const folder = await mkdtemp(join(tmpdir(), "glovebox-bench-usage-"));
  const [url, drop] = await makeDatabase(servers.postgres.url, `bench_usage_${process.pid}`);
  const store = openStore(url, () => {}, 2);
  const [whole, bare, residents]: [number[], number[], number[]] = [[], [], []];
  let countedCount = 0;
  try {
    await migrateStore(store);
    const readLine = auditLineReader({ mounts: await knownMounts(store), ownAuthMount: "glovebox" });
    const deps = { log: usageLog(store, () => new Date()), readLine };
    const lines = auditLog({ secrets: entries, seed: 1, days: PAST_DAYS, until: new Date("2026-11-01T00:00:00Z") });
    const perSlice = Math.ceil(items / SLICES);
    for (let slice = 0; slice < SLICES; slice++) {
      const file = join(folder, `audit-${slice}.log`);
      await writeSlice(file, lines, perSlice);
      const parse = async () => bare.push(await timed(() => parseAll(file)));
      if (slice % 2 === 0) await parse(); // each comes second in turn: whoever does reads from a warm cache
      whole.push(
        await timed(async () => {
          countedCount += (await importAuditFile(deps, file)).countedCount;
        }),
      );
      if (slice % 2 !== 0) await parse();
      residents.push(process.memoryUsage.rss() / (1024 * 1024));
      await rm(file);
      say(`${(slice + 1) * perSlice} of ${items} lines, ${residents.at(-1)?.toFixed(0)} MB resident`);
    }
    lines.return(undefined);
  } finally {
    await store.destroy();
    await drop();
    await rm(folder, { recursive: true, force: true });
  }
  const [wholeMs, bareMs] = [sum(whole), sum(bare)];
  const ratio = wholeMs / bareMs;
  const rate = (ms: number): number => Math.round(items / (ms / 1_000));
  const [residentFirstMb, residentLastMb] = [residents[0] ?? 0, residents.at(-1) ?? 0];
  return {
    figures: {
      ratio,
      items,
      countedCount,
      linesPerSecond: rate(wholeMs),
      bareLinesPerSecond: rate(bareMs),
      residentFirstMb,
      residentLastMb,
    },
    lines: [
      `whole path   ${rate(wholeMs).toLocaleString("en-US")} lines/s (read, parse, count, write into Postgres)`,
      `JSON.parse   ${rate(bareMs).toLocaleString("en-US")} lines/s`,
      `ratio        ${ratio.toFixed(2)} of the time of a bare JSON.parse`,
      `resident     ${residentFirstMb.toFixed(0)} MB after the first quarter, ${residentLastMb.toFixed(0)} MB after the last`,
    ],
  };
}

async function writeSlice(file: string, lines: Generator<string>, count: number): Promise<void> {
  const handle = await open(file, "w");
  try {
    let chunk: string[] = [];
    for (let line = 0; line < count; line++) {
      const next = lines.next();
      if (next.done) throw new Error("the invented past is over; order fewer lines");
      chunk.push(next.value);
      if (chunk.length === 500) await handle.write(`${chunk.splice(0).join("\n")}\n`);
    }
    if (chunk.length > 0) await handle.write(`${chunk.join("\n")}\n`);
    chunk = [];
  } finally {
    await handle.close();
  }
}

/** What nobody can go below who looks at every line: each is cut out, decoded and parsed, and nothing else. */
async function parseAll(file: string): Promise<void> {
  const text = await readFile(file);
  let start = 0;
  for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", start)) {
    JSON.parse(text.toString("utf8", start, end));
    start = end + 1;
  }
  if (start !== text.length) throw new Error("the last line is cut off");
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);

async function timed(run: () => Promise<unknown>): Promise<number> {
  const since = performance.now();
  await run();
  return performance.now() - since;
}
