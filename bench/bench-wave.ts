import type { BenchResult, BenchRun } from "./bench.ts";
import { openBenchWorld } from "./bench-world.ts";
import { costLines, costOf, ratiosOf } from "./cost.ts";
import { countCalls, type Measured } from "./count-calls.ts";
import { loadCatalogue } from "./load-catalogue.ts";

/**
 * Migrations one after the other, with a whole estate in the catalogue: does the last one take what the first took, and
 * does memory stay? Requests and approvals are made in between and not timed. The ratio is last quarter by first.
 */
export async function benchWave({ servers, items, warmUp, entries: wanted, say }: BenchRun): Promise<BenchResult> {
  const world = await openBenchWorld(servers);
  const counter = countCalls();
  const runs: Measured[] = [];
  const residents: number[] = [];
  let entries = 0;
  try {
    await loadCatalogue(world.databaseUrl, wanted);
    const { count } = await world.store
      .selectFrom("entry")
      .select(({ fn }) => fn.countAll<number>().as("count"))
      .executeTakeFirstOrThrow();
    entries = count;
    say(`${entries} entries in the catalogue`);
    for (let item = -warmUp; item < items; item++) {
      const migrationId = await world.order();
      const measured = await counter.measure(() => world.migrate(migrationId));
      await world.assertDone(migrationId);
      if (item < 0) continue;
      runs.push({ ...measured, calls: [] });
      residents.push(process.memoryUsage.rss() / (1024 * 1024));
      if ((item + 1) % 100 === 0) say(`${item + 1} of ${items}, ${residents.at(-1)?.toFixed(0)} MB resident`);
    }
  } finally {
    counter.stop();
    await world.close();
  }
  const quarter = Math.max(1, Math.floor(items / 4));
  const [first, last] = [costOf(runs.slice(0, quarter)), costOf(runs.slice(-quarter))];
  const ratios = ratiosOf(last, first);
  const [residentFirstMb, residentLastMb] = [mean(residents.slice(0, quarter)), mean(residents.slice(-quarter))];
  const residentPeakMb = Math.max(...residents);
  return {
    figures: { ...ratios, items, entries, residentFirstMb, residentLastMb, residentPeakMb, first, last },
    lines: [
      `medians of the first and the last ${quarter} of ${items} migrations, one after the other`,
      ...costLines({ first, last }, ratios),
      `resident ${residentFirstMb.toFixed(0)} MB in the first quarter, ${residentLastMb.toFixed(0)} MB in the last, ${residentPeakMb.toFixed(0)} MB at most (bench, gate and engine in one process)`,
    ],
  };
}

const mean = (numbers: readonly number[]): number => numbers.reduce((sum, each) => sum + each, 0) / numbers.length;
