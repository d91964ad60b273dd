// npm run chaos: see docs/chaos.md.
import { parseArgs } from "node:util";
import { type ChaosOrder, carryOutChaos } from "./carry-out-chaos.ts";
import { hasFindings, tableOf } from "./chaos-report.ts";
import { openChaosServers } from "./chaos-servers.ts";

const USAGE = `npm run chaos -- [--migrations N] [--seed S] [--only I] [--minutes M] [--workers W] [--logs FOLDER] [--json]

Moves N secrets with real worker processes while they are killed and stopped, and while the gate, Vault, AWS and Postgres
fail, and then looks what was lost, doubled, left over or leaked. docs/chaos.md says how to read it.

  --migrations  how many secrets are moved (30 unless told)
  --seed        which schedule of faults (1 unless told): the same seed orders the same faults
  --only        of that schedule only the migration of this number, from 0
  --minutes     orders nothing new after so many minutes
  --workers     worker processes at once, 2 to 4 (2 unless told)
  --logs        a folder that keeps the logs of workers and gate
  --json        ends with one line of JSON`;

const EXIT_USAGE = 64; // sysexits
const EXIT_INTERRUPTED = 130;

const order = readOrder();
if (order) process.exitCode = await run(order);

async function run({ isJson, logs, ...order }: Wanted): Promise<number> {
  const stopping = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => stopping.abort());
  const servers = await openChaosServers(logs, console.log);
  try {
    const figures = await carryOutChaos(servers, order, { say: console.log, stopping: stopping.signal });
    if (figures === null) return EXIT_INTERRUPTED;
    console.log(tableOf(figures));
    if (isJson) console.log(JSON.stringify(figures));
    return hasFindings(figures) ? 1 : 0;
  } finally {
    await servers.stop();
  }
}

interface Wanted extends ChaosOrder {
  readonly logs: string | null;
  readonly isJson: boolean;
}

function readOrder(): Wanted | null {
  try {
    const { values } = parseArgs({
      options: {
        migrations: { type: "string", default: "30" },
        seed: { type: "string", default: "1" },
        only: { type: "string" },
        minutes: { type: "string", default: "600" },
        workers: { type: "string", default: "2" },
        logs: { type: "string" },
        json: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    });
    if (!values.help) {
      return {
        migrations: wholeNumber(values.migrations, 1, 100_000),
        seed: wholeNumber(values.seed, 0, 2 ** 31),
        only: values.only === undefined ? null : wholeNumber(values.only, 0, 100_000),
        minutes: wholeNumber(values.minutes, 1, 10_000),
        workers: wholeNumber(values.workers, 2, 4),
        logs: values.logs ?? null,
        isJson: values.json,
      };
    }
    console.log(USAGE);
  } catch {
    console.error(USAGE);
    process.exitCode = EXIT_USAGE;
  }
  return null;
}

function wholeNumber(text: string, least: number, most: number): number {
  const number = Number(text);
  if (text.trim() === "" || !Number.isInteger(number) || number < least || number > most)
    throw new Error("no such number");
  return number;
}
