import { spawn } from "node:child_process";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { projectDir } from "./install/cache-places.mjs";
import { PAST_DAYS, startPracticeWorld, startWorldOnGivenSlack } from "./practice-world.ts";
import { givenSlack } from "./slack/given-slack.ts";
import type { LocalSlack } from "./slack/start-local-slack.ts";
import { runTour } from "./tour/run-tour.ts";

const RUN_DIR = join(projectDir, ".glovebox", "practice");
const SLACK_PORT = 3100;

const HELP = `npm run demo                 a practice world with a Slack workspace of your own; Ctrl-C ends it
npm run demo -- --tour       the whole story without a hand, each step as a person sees it
npm run demo -- --tour --json   one line per step: {step, ok, ms}
npm run demo -- --secrets N  an estate of N secrets instead of 300
npm run demo -- --no-open    don't open the browser`;

const EX_USAGE = 64;
const values = readOptions();

if (values.help) {
  console.log(HELP);
} else if (!/^[1-9]\d{0,5}$/.test(values.secrets)) {
  console.error(`--secrets takes a whole number from 1 to 999999, not "${values.secrets}". Nothing was started.`);
  process.exitCode = EX_USAGE;
} else {
  await run().catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : String(error));
    process.exit(1);
  });
}

function readOptions() {
  try {
    return parseArgs({
      options: {
        tour: { type: "boolean", default: false },
        json: { type: "boolean", default: false },
        secrets: { type: "string", default: "300" },
        "no-open": { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    }).values;
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${HELP}`);
    process.exit(EX_USAGE);
  }
}

async function run(): Promise<void> {
  if (values.tour) process.exitCode = (await runTour({ json: values.json })) ? 0 : 1;
  else await runDemo(Number(values.secrets));
}

async function runDemo(secrets: number): Promise<void> {
  const since = Date.now();
  const order = {
    runDir: RUN_DIR,
    secrets,
    slackPort: SLACK_PORT,
    pastDays: PAST_DAYS,
    report: (line: string) => console.log(line),
  };
  const given = await givenSlack(process.env);
  const world = given ? await startWorldOnGivenSlack(order, given) : await startPracticeWorld(order);
  const stop = async (): Promise<void> => {
    console.log("\nStopping what was started ...");
    await world.stop();
    process.exit(0);
  };
  process.once("SIGINT", () => void stop());
  process.once("SIGTERM", () => void stop());
  setInterval(() => {}, 60_000); // servers don't keep us here, people do
  if ("uiUrl" in world.slack) invite(world.slack, since);
  else console.log("\nReady. Type /secrets in your own workspace. Ctrl-C stops everything that was started.");
}

function invite({ people, uiUrl }: Pick<LocalSlack, "people" | "uiUrl">, since: number): void {
  console.log(`
Ready in ${((Date.now() - since) / 1_000).toFixed(1)} s. The practice Slack workspace:  ${uiUrl}

  1. As ${people.engineer.realName}, type   /secrets what secret/payments/checkout/prod/stripe   and press "Ask for a migration".
  2. As ${people.approver.realName} ("Act as", at the top), open #secrets-approvals and press Approve.
  3. Watch the card there move to Migrated; the receipt is in its thread, and in ${people.engineer.realName}'s DM.

Logs are in .glovebox/practice/logs. Ctrl-C stops everything; the next start begins a fresh world.`);
  if (!values["no-open"] && process.stdout.isTTY) openInBrowser(uiUrl);
}

/** Best effort: on a machine without a desktop the address on the terminal is enough. */
function openInBrowser(url: string): void {
  const command = process.platform === "darwin" ? "open" : "xdg-open";
  spawn(command, [url], { stdio: "ignore", detached: true })
    .on("error", () => {})
    .unref();
}
