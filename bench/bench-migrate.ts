import type { BenchResult, BenchRun } from "./bench.ts";
import { openBenchWorld } from "./bench-world.ts";
import { costLines, costOf, ratiosOf } from "./cost.ts";
import { countCalls, type Measured, type TimedCall } from "./count-calls.ts";
import { openFloor } from "./floor.ts";

/** One migration through the engine against the bare floor, in turns, so that a busy machine slows both alike. */
export async function benchMigrate({ servers, items, warmUp, showCalls, say }: BenchRun): Promise<BenchResult> {
  const world = await openBenchWorld(servers);
  const floor = await openFloor(world);
  const counter = countCalls();
  const [engineRuns, floorRuns]: [Measured[], Measured[]] = [[], []];
  try {
    for (let item = -warmUp; item < items; item++) {
      const [source, migrationId] = [await world.addSecret(), await world.order()];
      const byFloor = () => counter.measure(() => floor.move(source, world.newTargetName()));
      const byEngine = () => counter.measure(() => world.migrate(migrationId));
      // Each comes second in turn: whoever does meets what the first left behind, such as a collection. The engine is
      // the first of all, for it leaves the gate's mark that the floor reads.
      const isFloorFirst = item % 2 !== 0;
      const first = isFloorFirst ? await byFloor() : await byEngine();
      const second = isFloorFirst ? await byEngine() : await byFloor();
      await world.assertDone(migrationId);
      if (item < 0) continue;
      floorRuns.push(isFloorFirst ? first : second);
      engineRuns.push(isFloorFirst ? second : first);
    }
  } finally {
    counter.stop();
    await floor.close();
    await world.close();
  }
  if (showCalls) for (const line of callLines(engineRuns.at(-1)?.calls ?? [])) say(line);
  const [engine, bare] = [costOf(engineRuns), costOf(floorRuns)];
  const ratios = ratiosOf(engine, bare);
  return {
    figures: { ...ratios, items, engine, floor: bare },
    lines: [`medians of ${items} migrations and floors, in turns`, ...costLines({ engine, floor: bare }, ratios)],
  };
}

/** When each began, how long it took, what it was. */
function callLines(calls: readonly TimedCall[]): string[] {
  return calls.map(({ vendor, name, startMs, endMs }) =>
    [
      startMs.toFixed(1).padStart(7),
      (endMs - startMs).toFixed(1).padStart(6),
      vendor.padEnd(8),
      name.slice(0, 140),
    ].join(" "),
  );
}
