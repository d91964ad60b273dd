import { parseArgs } from "node:util";
import type { Bench } from "./bench.ts";
import { benchDiscover } from "./bench-discover.ts";
import { benchMigrate } from "./bench-migrate.ts";
import { benchSearch } from "./bench-search.ts";
import { benchUsage } from "./bench-usage.ts";
import { benchWave } from "./bench-wave.ts";
import { openServers } from "./open-servers.ts";

const BENCHES: Readonly<Record<string, Bench>> = {
  migrate: { what: "one migration against the bare floor of its calls and commits", items: 100, run: benchMigrate },
  wave: {
    what: "migrations one after the other: time per item and memory, first to last",
    items: 2_000,
    run: benchWave,
  },
  discover: {
    what: "a first crawl against the bare calls: names, metadata, key names; and its memory",
    items: 62_800,
    run: benchDiscover,
  },
  search: {
    what: "searches of a whole estate against a plain scan for the same words",
    items: 1_200,
    run: benchSearch,
  },
  usage: {
    what: "lines of Vault's audit log, counted into Postgres, against a bare parse",
    items: 400_000,
    run: benchUsage,
  },
};
const USAGE = `npm run bench -- <name> [--items N | --secrets N] [--warm-up N] [--entries N] [--calls] [--json]

${Object.entries(BENCHES)
  .map(([name, { what, items }]) => `  ${name.padEnd(8)} ${what} (${items} unless told)`)
  .join("\n")}

  --items    how many migrations, searches or lines are timed
  --secrets  how many secrets a crawl finds
  --warm-up  how many go before them, untimed (50 unless told)
  --entries  how many secrets the catalogue of a wave or a search holds (62800 unless told)
  --calls    prints every call of the last one, where the bench can
  --json     ends with one line of JSON that has \`ratio\` in it`;

const EXIT_USAGE = 64; // sysexits

const { values, positionals } = readArguments();
const bench = BENCHES[positionals[0] ?? ""];
if (bench) process.exitCode = await run(bench);
else fail(positionals.length > 0);

async function run(chosen: Bench): Promise<number> {
  const [items, warmUp, entries] = [
    values.items ?? values.secrets ?? chosen.items,
    values["warm-up"],
    values.entries,
  ].map(Number) as [number, number, number];
  if (![items, warmUp, entries].every(Number.isInteger) || items < 4 || warmUp < 2 || entries < 1) return fail(true);
  const { servers, stop } = await openServers();
  try {
    const { figures, lines } = await chosen.run({
      servers,
      items,
      warmUp,
      entries,
      showCalls: values.calls,
      say: console.log,
    });
    console.log(lines.join("\n"));
    if (values.json) console.log(JSON.stringify(figures));
    return 0;
  } finally {
    await stop();
  }
}

function readArguments() {
  try {
    return parseArgs({
      options: {
        items: { type: "string" },
        secrets: { type: "string" },
        "warm-up": { type: "string", default: "50" },
        entries: { type: "string", default: "62800" },
        calls: { type: "boolean", default: false },
        json: { type: "boolean", default: false },
      },
      allowPositionals: true,
    });
  } catch {
    process.exit(fail(true));
  }
}

function fail(isMistake: boolean): number {
  (isMistake ? console.error : console.log)(USAGE);
  process.exitCode = isMistake ? EXIT_USAGE : 0;
  return process.exitCode;
}
