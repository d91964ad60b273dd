import { randomUUID } from "node:crypto";
import type { Command } from "commander";
import { LooksLikeSecretError } from "../approvals/errors.ts";
import { looksLikeSecret } from "../approvals/looks-like-secret.ts";
import { pauseWave, startWave } from "../migration/waves/control-wave.ts";
import { endWave } from "../migration/waves/end-wave.ts";
import { listExceptions } from "../migration/waves/list-exceptions.ts";
import { listWaveNames, loadWaveState } from "../migration/waves/load-wave-state.ts";
import { WaveUnknownError } from "../migration/waves/wave-errors.ts";
import type { WaveState } from "../migration/waves/wave-state.ts";
import { loadRules } from "../rules.ts";
import type { Store } from "../store/open-store.ts";
import { withStore } from "../wiring/from-environment.ts";
import { type CreateWaveOptions, createWaveForTerminal, wholeNumber } from "./create-wave.ts";
import type { TerminalAnswer } from "./look-up.ts";
import { watchWave } from "./watch-wave.ts";
import { waveLines } from "./wave-lines.ts";

export interface WaveTerminal {
  /** Who runs this, for the audit trail. */
  readonly operator: () => string;
  readonly print: (line: string) => void;
  readonly complain: (line: string) => void;
  readonly show: (answer: TerminalAnswer) => void;
}

const now = (): Date => new Date();
const readRules = () => loadRules(process.env.GLOVEBOX_RULES ?? "glovebox.yaml");
const WATCH_EVERY_MS = 1_000;

/** `glovebox wave create|start|pause|end|status`. */
export function addWaveCommand(program: Command, terminal: WaveTerminal): void {
  const wave = program.command("wave").description("many secrets at once: batches with one approval card each");
  addCreate(wave, terminal);
  addStart(wave, terminal);
  addPause(wave, terminal);
  addEnd(wave, terminal);
  addStatus(wave, terminal);
}

function addCreate(wave: Command, { operator, complain, show }: WaveTerminal): void {
  wave
    .command("create")
    .description(
      "make a draft, which its requester sends or drops in Slack; what is not ready is listed as an exception",
    )
    .argument("<name>", "small letters, digits and dashes")
    .requiredOption("--requester <slack-user-id>", "who asks: nothing is asked for before this person sends it")
    .requiredOption("--reason <text>", "the approvers read it")
    .option("--filter <words>", "namespace=, mount=, path=, owner=, lane=, engine=; a star at the end fits the rest")
    .option("--file <file>", "paths, one a line, or rows of `glovebox plan --csv`")
    .option("--pilot <count>", "size of the first batch; up to 500, which is the default")
    .option("--batch <count>", "size of the others; up to 500, which is the default")
    .option("--versions <count>", "older versions that go along (KV v2), up to 17; none where absent")
    .option("--target <label>", "the target's label in glovebox.yaml; the first where absent")
    .option("--stop-after <count>", "failures in a row after which it pauses; 3 where absent")
    .option("--exceptions <file>", "what can't be part of it, as CSV with reasons and next steps")
    .action((name: string, options: CreateWaveOptions) =>
      withStore(async (store) => {
        const command = { store, rules: readRules(), now, newId: randomUUID, by: operator(), report: complain };
        show(await createWaveForTerminal(command, name, options));
      }),
    );
}

function addStart(wave: Command, { operator, show }: WaveTerminal): void {
  wave
    .command("start")
    .description("let what is approved move, or go on after a pause")
    .argument("<name>")
    .option("--next", "also ask for the next batch, whatever became of the ones before")
    .option("--stop-after <count>", "from now on, failures in a row after which it pauses")
    .action((name: string, options: { next?: boolean; stopAfter?: string }) =>
      withStore(async (store) => {
        const stopAfter =
          options.stopAfter === undefined
            ? undefined
            : wholeNumber("--stop-after", options.stopAfter, 3, { from: 1, to: 100 });
        if (typeof stopAfter === "object")
          return show({ ok: false, lines: [`Nothing was started. ${stopAfter.fault}`] });
        await startWave({ store, now }, { wave: name, by: operator(), isNextWanted: options.next === true, stopAfter });
        show({ ok: true, lines: [`${name} runs.`, ...(await read(store, name)).waits] });
      }),
    );
}

function addPause(wave: Command, { operator, show }: WaveTerminal): void {
  wave
    .command("pause")
    .description("begin nothing more of it; what a worker has in hand ends, and nothing is lost")
    .argument("<name>")
    .requiredOption("--reason <text>", "for its card and the audit trail")
    .action((name: string, { reason }: { reason: string }) =>
      withStore(async (store) => {
        if (looksLikeSecret(reason)) throw new LooksLikeSecretError("reason"); // it is shown in Slack
        await pauseWave({ store, now }, { wave: name, by: operator(), reason: reason.slice(0, 500) });
        show({ ok: true, lines: [`${name} is paused.`, ...(await read(store, name)).waits] });
      }),
    );
}

function addEnd(wave: Command, { operator, show }: WaveTerminal): void {
  wave
    .command("end")
    .description("end it before it is done: what is not begun is withdrawn, no further batch is asked for")
    .argument("<name>")
    .requiredOption("--reason <text>", "for its card, its requester and the audit trail")
    .action((name: string, options: { reason: string }) =>
      withStore(async (store) => {
        const reason = options.reason.trim().slice(0, 500);
        if (reason === "")
          return show({ ok: false, lines: ["Nothing was ended. --reason takes 1 to 500 characters."] });
        await endWave({ store, now }, { wave: name, by: operator(), reason });
        show({ ok: true, lines: [`The end of ${name} is ordered.`, ...(await read(store, name)).waits] });
      }),
    );
}

function addStatus(wave: Command, { print, show }: WaveTerminal): void {
  wave
    .command("status")
    .description("how far it is, its pace, when it will be over, what failed, what waits for whom")
    .argument("[name]", "all waves where absent")
    .option("--watch", "go on showing it until it is over")
    .option("--json", "for a program: the state, and the exceptions")
    .action((name: string | undefined, options: { watch?: boolean; json?: boolean }) =>
      withStore(async (store) => {
        if (options.watch && options.json) return show({ ok: false, lines: ["Choose one of --watch and --json."] });
        if (name === undefined) return show(await listWaves(store, options));
        if (options.json) {
          const { exceptions } = await listExceptions(store, name);
          return print(JSON.stringify({ v: 1, ...(await read(store, name)), exceptions }));
        }
        if (options.watch) await watch(store, name, print);
        show({ ok: true, lines: waveLines(await read(store, name)) });
      }),
    );
}

async function watch(store: Store, name: string, print: (line: string) => void): Promise<void> {
  const stopped = new AbortController();
  process.once("SIGINT", () => stopped.abort());
  const load = () => read(store, name);
  const isTerminal = process.stderr.isTTY === true; // where the bar is drawn
  await watchWave({ load, isTerminal, print, everyMs: WATCH_EVERY_MS, signal: stopped.signal });
}

async function listWaves(store: Store, options: { watch?: boolean; json?: boolean }): Promise<TerminalAnswer> {
  if (options.watch) return { ok: false, lines: ["--watch takes the name of one wave."] };
  const waves = await Promise.all((await listWaveNames(store)).map((name) => read(store, name)));
  if (options.json) return { ok: true, lines: [JSON.stringify({ v: 1, waves })] };
  if (waves.length === 0) return { ok: true, lines: ["There is no wave. `glovebox wave create` makes one."] };
  const line = ({ name, state, counts, itemCount }: WaveState) =>
    `${name.padEnd(24)} ${state.padEnd(8)} ${counts.moved} of ${itemCount} moved, ${counts.failed} failed`;
  return { ok: true, lines: waves.map(line) };
}

/** @throws {WaveUnknownError} */
async function read(store: Store, name: string): Promise<WaveState> {
  const state = await loadWaveState(store, name, { at: now(), maxPerHour: readRules().gate.maxPerHour });
  if (state === null) throw new WaveUnknownError();
  return state;
}
