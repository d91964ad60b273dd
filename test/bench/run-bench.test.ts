import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, inject, it } from "vitest";
import { z } from "zod";

const Cost = z.object({
  ms: z.number().positive(),
  msByVendor: z.record(z.string(), z.number()),
  callsByVendor: z.object({ vault: z.number(), aws: z.number(), postgres: z.number() }),
});
const Figures = z.looseObject({
  ratio: z.number().positive(),
  ratioWithoutAws: z.number().positive().optional(),
  items: z.number().optional(),
});

const ON_OUR_SERVERS = () => ({ GLOVEBOX_TEST_STACK: JSON.stringify(inject("stack")) });
/** The bench starts servers of its own, as it does for a person. */
const ON_ITS_OWN = () => ({ GLOVEBOX_TEST_STACK: "" });

/** Runs a bench as a person does. @returns What stands in its last line. */
async function runBench(servers: NodeJS.ProcessEnv, ...options: string[]): Promise<z.output<typeof Figures>> {
  const file = new URL("../../bench/run-bench.ts", import.meta.url).pathname;
  const env = { ...process.env, ...servers };
  const { stdout } = await promisify(execFile)(process.execPath, [file, ...options, "--json"], { env });
  return Figures.parse(JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? ""));
}

describe("npm run bench", () => {
  it("measures a migration against the floor, and the engine makes no call more than it must", {
    timeout: 120_000,
  }, async () => {
    const figures = await runBench(ON_ITS_OWN(), "migrate", "--items", "4", "--warm-up", "2");
    const { engine, floor } = z.object({ engine: Cost, floor: Cost }).parse(figures);
    expect(figures.items).toBe(4);
    // Counts, which a busy machine does not change. Postgres: ten commits, the gate's two looks, and whether the move was
    // made before, once for worker and gate each.
    expect(floor.callsByVendor).toEqual({ vault: 17, aws: 4, postgres: 14 });
    expect(engine.callsByVendor).toEqual(floor.callsByVendor);
  });

  it("measures a wave over a catalogue, and its memory", { timeout: 120_000 }, async () => {
    const figures = await runBench(ON_OUR_SERVERS(), "wave", "--items", "4", "--warm-up", "2", "--entries", "500");
    const { first, last } = z.object({ first: Cost, last: Cost }).parse(figures);
    expect(figures).toMatchObject({ items: 4, entries: 500, residentPeakMb: expect.any(Number) });
    expect(last.callsByVendor).toEqual(first.callsByVendor);
  });

  it("measures searches, each kind by itself", { timeout: 120_000 }, async () => {
    const figures = await runBench(ON_OUR_SERVERS(), "search", "--items", "24", "--warm-up", "2", "--entries", "500");
    const { kinds } = z.object({ kinds: z.array(z.object({ kind: z.string(), p95Ms: z.number() })) }).parse(figures);
    expect(figures).toMatchObject({ items: 24, entries: 500 });
    expect(kinds).toHaveLength(13);
  });

  it("measures how fast an audit log is counted against a bare parse, every line of it", {
    timeout: 120_000,
  }, async () => {
    const figures = await runBench(ON_OUR_SERVERS(), "usage", "--items", "2000", "--entries", "60");
    const expected = {
      items: 2_000,
      countedCount: 1_000,
      linesPerSecond: expect.any(Number),
      residentLastMb: expect.any(Number),
    };
    expect(figures).toMatchObject(expected);
  });

  it("measures a crawl against its bare calls, phase by phase", { timeout: 120_000 }, async () => {
    const figures = await runBench(ON_OUR_SERVERS(), "discover", "--secrets", "60");
    const Phase = z.object({ oursMs: z.number().positive(), bareMs: z.array(z.number()).length(2), ratio: z.number() });
    const { phases } = z.object({ phases: z.record(z.string(), Phase) }).parse(figures);
    expect(Object.keys(phases)).toEqual(["names", "metadata", "keys"]);
    expect(figures).toMatchObject({ secrets: 60, ratio: Math.max(...Object.values(phases).map(({ ratio }) => ratio)) });
  });

  it("answers a wrong name and a wrong count with how it is used", async () => {
    for (const options of [["nothing"], ["migrate", "--items", "three"], ["wave", "--entries", "0"]]) {
      const failing = runBench(ON_OUR_SERVERS(), ...options);
      await expect(failing).rejects.toMatchObject({ code: 64, stderr: expect.stringContaining("npm run bench --") });
    }
  });
});
