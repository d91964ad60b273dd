import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PAST_DAYS, startPracticeWorld } from "../practice-world.ts";
import { ANSWERING } from "./answering.ts";
import { ASKING } from "./asking.ts";
import { CRASHES } from "./crashes.ts";
import { DECIDING } from "./deciding.ts";
import { FAILURES } from "./failures.ts";
import { MOVING } from "./moving.ts";
import { OPERATING } from "./operating.ts";
import { REQUESTING } from "./requesting.ts";
import { SUPPORT } from "./support.ts";
import { openTour, type Step } from "./tour-world.ts";
import { WAVING } from "./waving.ts";

const CHAPTERS: Readonly<Record<string, readonly Step[]>> = {
  "Asking what a secret is": ASKING,
  "The answer": ANSWERING,
  "Asking for a migration": REQUESTING,
  Deciding: DECIDING,
  Moving: MOVING,
  "Many at once": WAVING,
  "Getting help": SUPPORT,
  "When it goes wrong": FAILURES,
  "When the worker dies": CRASHES,
  "For operators and auditors": OPERATING,
};

/**
 * Walks the whole story on a workspace of its own, and prints each step as a person would see it, or with `json` one line
 * per step. A step that fails does not keep the others from being tried.
 * @returns Whether every step passed.
 */
export async function runTour({ json }: { json: boolean }): Promise<boolean> {
  const print = (line: string): void => void (json || console.log(line));
  const runDir = await mkdtemp(join(tmpdir(), "glovebox-tour-"));
  const { PATH, HOME } = process.env;
  // The practice model is asked too, and nothing of the caller's own servers.
  const world = await startPracticeWorld({
    runDir,
    withModel: true,
    withVaultFaults: true,
    pastDays: PAST_DAYS,
    report: print,
    environment: { PATH, HOME },
  });
  const stopAtSignal = (): void => void world.stop().then(() => process.exit(130));
  process.once("SIGINT", stopAtSignal);
  process.once("SIGTERM", stopAtSignal);
  let seen: string[] = [];
  const tour = await openTour(world, (line) => seen.push(line));
  const outcomes: boolean[] = [];
  try {
    for (const [chapter, steps] of Object.entries(CHAPTERS)) {
      print(`\n=== ${chapter} ===`);
      for (const step of steps) {
        seen = [];
        const since = performance.now();
        const fault = await step.run(tour).then(
          () => null,
          (error: unknown) => (error instanceof Error ? error.message : String(error)),
        );
        const ms = Math.round(performance.now() - since);
        outcomes.push(fault === null);
        if (json) console.log(JSON.stringify({ step: step.name, ok: fault === null, ms }));
        print(`\n${fault === null ? "ok    " : "FAILED"} ${step.name} (${ms} ms)`);
        for (const line of seen) print(`       ${line}`);
        if (fault !== null) print(`       why: ${fault}`);
        if (fault !== null && json) console.error(`${step.name}: ${fault}`);
      }
    }
    const violations = world.slack.violations();
    if (violations.length > 0) {
      outcomes.push(false);
      const what = `Slack would have refused ${violations.length} calls: ${JSON.stringify(violations[0])}`;
      (json ? console.error : console.log)(what);
    }
  } finally {
    await tour.close();
    await world.stop();
  }
  const passed = outcomes.filter((ok) => ok).length;
  const isWhole = passed === outcomes.length;
  print(`\n${passed} of ${outcomes.length} steps passed.`);
  if (isWhole) await rm(runDir, { recursive: true, force: true });
  else print(`Logs of this run are in ${join(runDir, "logs")}.`);
  return isWhole;
}
