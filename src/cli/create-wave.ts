import { readFile } from "node:fs/promises";
import { codeOf } from "../errors.ts";
import { FIELDS, type Field, type FieldOptions } from "../metadata/suggestion.ts";
import type { WaveSelection } from "../migration/waves/choose-rows.ts";
import { type CreatedWave, createWave, MAX_BATCH, type WaveDraft } from "../migration/waves/create-wave.ts";
import type { WaveException } from "../migration/waves/wave-exception.ts";
import { readWaveFile } from "../migration/waves/wave-file.ts";
import { parseWaveFilter } from "../migration/waves/wave-filter.ts";
import { waveNameFault } from "../migration/waves/wave-name.ts";
import type { Rules } from "../rules.ts";
import type { Store } from "../store/open-store.ts";
import { laneLimits } from "./lane-limits.ts";
import type { TerminalAnswer } from "./look-up.ts";
import { csvLine } from "./plan-csv.ts";
import { FileNotWrittenError, openWholeFile, type WholeFile } from "./whole-file.ts";

/** As typed: everything is text. */
export interface CreateWaveOptions {
  readonly requester: string;
  readonly reason: string;
  readonly filter?: string;
  readonly file?: string;
  readonly pilot?: string;
  readonly batch?: string;
  readonly versions?: string;
  readonly target?: string;
  readonly stopAfter?: string;
  readonly exceptions?: string;
}

export interface CreateWaveCommand {
  readonly store: Store;
  readonly rules: Pick<Rules, "targets" | "metadata" | "customMetadata" | "gate" | "lanes" | "teams">;
  readonly now: () => Date;
  readonly newId: () => string;
  readonly by: string;
  readonly report: (line: string) => void;
}

const MAX_OLDER_VERSIONS = 17;
/** Text of the rules' reason field. */
const MAX_REASON = 500;

/** `glovebox wave create`: the draft of a wave, and what could not become part of it. */
export async function createWaveForTerminal(
  command: CreateWaveCommand,
  name: string,
  options: CreateWaveOptions,
): Promise<TerminalAnswer> {
  const faults: string[] = [];
  const draft = await readDraft(command, name, options, faults);
  if (draft === null || faults.length > 0) return refused(faults);
  try {
    // Opened and written before anything is made: a file that can't be written must not leave a wave behind.
    const file = options.exceptions === undefined ? null : await openWholeFile(options.exceptions);
    try {
      return await makeWave(command, draft, file, options.exceptions);
    } finally {
      await file?.abandon();
    }
  } catch (error) {
    if (error instanceof FileNotWrittenError) return refused([error.message]);
    throw error;
  }
}

/** @throws {FileNotWrittenError} No wave was made. */
async function makeWave(
  command: CreateWaveCommand,
  draft: WaveDraft,
  file: WholeFile | null,
  path: string | undefined,
): Promise<TerminalAnswer> {
  const keepExceptions = async (exceptions: readonly WaveException[]) => file?.write(exceptionsCsv(exceptions));
  const made = await createWave({ ...command, keepExceptions }, draft);
  try {
    await file?.finish();
  } catch (error) {
    if (!(error instanceof FileNotWrittenError)) throw error;
    // The wave stands by now: to say that none was made would be untrue.
    return { ok: false, lines: [...madeLines(draft, made, undefined), ...fileMissingLines(draft, error)] };
  }
  return { ok: true, lines: madeLines(draft, made, path) };
}

function fileMissingLines({ name }: WaveDraft, { message }: FileNotWrittenError): string[] {
  return [
    `The draft is made, but not its file of exceptions: ${message}`,
    `Don't make it again. All exceptions: glovebox wave status ${name} --json, or the Exceptions button in Slack.`,
  ];
}

async function readDraft(
  { rules, by }: CreateWaveCommand,
  name: string,
  options: CreateWaveOptions,
  faults: string[],
): Promise<WaveDraft | null> {
  const note = <T>(value: T | { fault: string }): T | null => {
    if (typeof value !== "object" || value === null || !("fault" in value)) return value as T;
    faults.push(value.fault);
    return null;
  };
  const nameFault = waveNameFault(name);
  if (nameFault !== null) faults.push(nameFault);
  if (!/^[UW][A-Z0-9]{2,20}$/.test(options.requester)) {
    faults.push("--requester takes a Slack user id, as U0123ABCD: in Slack, the person's profile, Copy member ID.");
  }
  const reason = options.reason.trim();
  if (reason === "" || reason.length > MAX_REASON)
    faults.push(`--reason takes 1 to ${MAX_REASON} characters: the approvers read it.`);
  const pilotSize = note(wholeNumber("--pilot", options.pilot, MAX_BATCH, { from: 1, to: MAX_BATCH }));
  const batchSize = note(wholeNumber("--batch", options.batch, MAX_BATCH, { from: 1, to: MAX_BATCH }));
  const olderVersions = note(wholeNumber("--versions", options.versions, 0, { from: 0, to: MAX_OLDER_VERSIONS }));
  const stopAfter = note(wholeNumber("--stop-after", options.stopAfter, 3, { from: 1, to: 100 }));
  const rule = note(chosenTarget(rules, options.target));
  const selection = await readSelection(options, faults);
  if (pilotSize === null || batchSize === null || olderVersions === null || stopAfter === null) return null;
  if (rule === null || selection === null) return null;
  return {
    ...{ name, by, requester: options.requester, reason, ...selection, olderVersions, pilotSize, batchSize, stopAfter },
    ...fieldRules(rules),
    plan: { allowedTargets: rules.targets, limits: laneLimits(rules), rule, tagByField: tagByField(rules) },
    customMetadata: rules.customMetadata,
  };
}

function fieldRules({ metadata }: Pick<Rules, "metadata">): Pick<WaveDraft, "fields" | "options"> {
  const options: Partial<Record<Field, readonly string[]>> = {};
  for (const field of FIELDS) {
    const list = metadata[field].options;
    if (list !== undefined) options[field] = list;
  }
  return { fields: metadata, options: options satisfies FieldOptions };
}

const tagByField = ({ metadata }: Pick<Rules, "metadata">): Record<string, string> =>
  Object.fromEntries(Object.entries(metadata).map(([field, { tag }]) => [field, tag]));

/** @returns The number, or the default where nothing was typed, or what is wrong. */
export function wholeNumber(
  option: string,
  typed: string | undefined,
  otherwise: number,
  { from, to }: { from: number; to: number },
): number | { fault: string } {
  if (typed === undefined) return otherwise;
  const value = /^\d{1,6}$/.test(typed) ? Number(typed) : Number.NaN;
  if (value >= from && value <= to) return value;
  return { fault: `${option} takes a whole number from ${from} to ${to}.` };
}

function chosenTarget({ targets }: Pick<Rules, "targets">, wanted: string | undefined) {
  const [first] = targets;
  const fitting = wanted === undefined ? [first] : targets.filter(({ label }) => label === wanted);
  const [rule, another] = fitting;
  if (rule !== undefined && another === undefined) return rule;
  const known = targets.flatMap(({ label }) => (label === undefined ? [] : [`"${label}"`])).join(", ");
  return {
    fault: another
      ? `--target "${wanted}" is the label of several targets in glovebox.yaml: give each its own.`
      : `--target takes the label of a target in glovebox.yaml: ${known === "" ? "none of them has one" : known}.`,
  };
}

async function readSelection(
  { filter, file }: CreateWaveOptions,
  faults: string[],
): Promise<{ selection: WaveSelection; selectionText: string } | null> {
  if ((filter === undefined) === (file === undefined)) {
    faults.push("Choose the secrets either by --filter or by --file.");
    return null;
  }
  if (filter !== undefined) {
    const parsed = parseWaveFilter(filter);
    if ("faults" in parsed) faults.push(...parsed.faults.map((fault) => `--filter: ${fault}`));
    return "faults" in parsed
      ? null
      : { selection: { kind: "filter", ...parsed }, selectionText: filter.slice(0, 500) };
  }
  const text = await readFile(file ?? "", "utf8").catch((error: unknown) => ({ fault: codeOf(error) }));
  const read = typeof text === "string" ? readWaveFile(text) : text;
  if ("fault" in read) {
    faults.push(typeof text === "string" ? `${file}: ${read.fault}` : `${file} can't be read (${read.fault}).`);
    return null;
  }
  if (read.lines.length === 0) faults.push(`${file} names no secret.`);
  const fileName = (file ?? "").split("/").at(-1) ?? "";
  return {
    selection: { kind: "lines", lines: read.lines },
    selectionText: `the file ${fileName}, ${read.lines.length} lines`,
  };
}

function exceptionsCsv(exceptions: readonly WaveException[]): string {
  const head = csvLine(["place", "name", "code", "reason", "next_step"]);
  const rows = exceptions.map(({ place, name, code, reason, nextStep }) =>
    csvLine([place, name, code, reason, nextStep]),
  );
  return `\uFEFF${[head, ...rows].join("")}`;
}

const EXCEPTIONS_SHOWN = 10;

function madeLines(
  { name, requester }: WaveDraft,
  { itemCount, batchSizes, exceptions }: CreatedWave,
  file: string | undefined,
): string[] {
  const [pilot = 0, ...others] = batchSizes;
  const rest = others.length === 0 ? "" : `, then ${sayBatches(others)}`;
  const byCode = [...Map.groupBy(exceptions, ({ code }) => code)].map(([code, all]) => `  ${code}  ${all.length}`);
  const shown = exceptions
    .slice(0, EXCEPTIONS_SHOWN)
    .map(({ place, name: path, code }) => `  ${place === "" ? "" : `${place}: `}${path}  ${code}`);
  const more = exceptions.length - shown.length;
  return [
    `The draft of ${name} is made: ${itemCount.toLocaleString("en-US")} secrets in batches of ${pilot} (the pilot)${rest}.`,
    `Nothing is asked for yet: ${requester} gets it as a direct message in Slack, and sends or drops it there.`,
    exceptions.length === 0 ? "There are no exceptions." : `${exceptions.length} exceptions are not part of it:`,
    ...byCode.toSorted(),
    ...(exceptions.length === 0 ? [] : ["The first of them:", ...shown]),
    ...(more > 0 && file === undefined
      ? [`  and ${more} more: the Exceptions button in Slack lists all, with next steps.`]
      : []),
    ...(file === undefined ? [] : [`All of them, with reason and next step, are in ${file}.`]),
    `Next: glovebox wave status ${name}`,
  ];
}

function sayBatches(sizes: readonly number[]): string {
  return sizes.length <= 3 ? sizes.join(", ") : `${sizes.length} more of up to ${Math.max(...sizes)}`;
}

function refused(faults: readonly string[]): TerminalAnswer {
  return { ok: false, lines: ["No wave was made.", ...faults] };
}
