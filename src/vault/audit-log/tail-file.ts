import { stat } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import type { LogPlace } from "../../catalog/usage/usage-log.ts";
import { codeOf } from "../../errors.ts";
import { type AuditFile, openAuditFile } from "./audit-file.ts";
import { type CatchUpDeps, catchUp } from "./catch-up.ts";
import { AuditLogDiffersError, goesOn } from "./import-file.ts";
import { readOn } from "./read-on.ts";

export interface TailDeps extends CatchUpDeps {
  readonly everyMs?: number;
}

const EVERY_MS = 1_000;

/**
 * Follows an audit log that Vault writes: through renames (the old file is read to its end first), through truncation in
 * place, and while there is no file. Any number of processes may follow one log: each line counts once.
 * @returns When `signal` says so. Never throws: what fails is tried again.
 */
export async function tailAuditFile(deps: TailDeps, path: string, signal: AbortSignal): Promise<void> {
  const { warn, everyMs = EVERY_MS } = deps;
  let lastCode: string | null = null;
  let mayBeRotated = true;
  while (!signal.aborted) {
    try {
      if (mayBeRotated) await catchUp(deps, path, signal);
      mayBeRotated = false;
      await followOne(deps, path, signal);
      [lastCode, mayBeRotated] = [null, true];
    } catch (error) {
      const code = codeOf(error);
      if (code !== lastCode) warn({ file: path, code }, "Vault's audit log can't be read on; it is tried again");
      lastCode = code;
      await pause(everyMs, signal);
    }
  }
}

/** Reads what is at the path now, until something else takes its place. */
async function followOne(deps: TailDeps, path: string, signal: AbortSignal): Promise<void> {
  const { everyMs = EVERY_MS } = deps;
  const file = await openAuditFile(path);
  try {
    const fingerprint = await firstLine(deps, file, path, signal);
    if (fingerprint === null) return;
    const place = placeKeeper(deps, { file, fingerprint, name: path });
    while (!signal.aborted) {
      await place.readOn(signal);
      await pause(everyMs, signal);
      if (await isReplaced(file, path)) return await place.readOn(signal); // Vault wrote to it until the other was there
      const sizeBytes = await file.sizeBytes();
      // Truncated in place: Vault has begun anew in the same file, and may have come further than before.
      if (sizeBytes < place.readBytes()) return;
      if (sizeBytes > place.readBytes() && (await file.fingerprint()) !== fingerprint) return;
    }
  } finally {
    await file.close();
  }
}

/** Waits for the first whole line. null: something else took the file's place before there was one. */
async function firstLine(deps: TailDeps, file: AuditFile, path: string, signal: AbortSignal): Promise<string | null> {
  while (!signal.aborted) {
    const fingerprint = await file.fingerprint();
    if (fingerprint !== null) return fingerprint;
    await pause(deps.everyMs ?? EVERY_MS, signal);
    if (await isReplaced(file, path)) return file.fingerprint();
  }
  return null;
}

function placeKeeper(
  deps: TailDeps,
  { file, fingerprint, name }: { file: AuditFile; fingerprint: string; name: string },
) {
  let place: LogPlace | null = null;
  return {
    readBytes: () => place?.readBytes ?? 0,
    async readOn(signal: AbortSignal): Promise<void> {
      if (place === null) {
        place = await deps.log.open({ kind: "file", fingerprint, name });
        if (!(await goesOn(file, place))) throw new AuditLogDiffersError();
      }
      if ((await file.sizeBytes()) <= place.readBytes) return;
      const from = place;
      place = null; // until it is known where reading ended
      place = await readOn(deps, { file, from, isEnded: false, signal });
    },
  };
}

/** True once another file is at the path and has begun. While there is none, Vault still writes to the one that we have. */
async function isReplaced(file: AuditFile, path: string): Promise<boolean> {
  const there = await stat(path).catch(() => null);
  return there !== null && there.size > 0 && `${there.dev}:${there.ino}` !== file.identity;
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => {}); // ended early by the signal
}
