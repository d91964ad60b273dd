import { open, readdir, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { codeOf } from "../../errors.ts";
import { type AuditFile, openAuditFile } from "./audit-file.ts";
import { importAuditFile } from "./import-file.ts";
import type { ReadOnDeps } from "./read-on.ts";

export interface CatchUpDeps extends ReadOnDeps {
  /** A fact for the log: a code and a path, never a line. */
  warn(fact: { readonly file: string; readonly code: string }, words: string): void;
}

/**
 * Reads what rotation moved away while nobody followed the log: files beside it whose names begin with its name, such as
 * `audit.log.1` or `audit.log-20261128.gz`. Only what continues a log that was followed before: an older past is for an
 * operator to import.
 */
export async function catchUp(deps: CatchUpDeps, path: string, signal: AbortSignal): Promise<void> {
  const since = await deps.log.lastAtOf(path);
  if (since === null) return;
  for (const rotated of await listRotated(path, since)) {
    if (signal.aborted) return;
    try {
      if (!(await isWholeKnown(deps, rotated))) await importAuditFile(deps, rotated, { signal });
    } catch (error) {
      // One that can't be read, or is no log at all, must not keep us from the log itself.
      deps.warn({ file: rotated, code: codeOf(error) }, "a rotated audit log was not read");
    }
  }
}

/** Those that were written to after that moment, the oldest first. */
async function listRotated(path: string, since: Date): Promise<string[]> {
  const name = basename(path);
  const names = await readdir(dirname(path)).catch(() => []);
  const beside = names.filter((other) => other.startsWith(`${name}.`) || other.startsWith(`${name}-`));
  const files = await Promise.all(
    beside.map(async (other) => {
      const file = join(dirname(path), other);
      const { mtimeMs, isFile } = await stat(file).then(
        (found) => ({ mtimeMs: found.mtimeMs, isFile: found.isFile() }),
        () => ({ mtimeMs: 0, isFile: false }), // gone meanwhile
      );
      return { file, mtimeMs, isFile };
    }),
  );
  return files
    .filter(({ isFile, mtimeMs }) => isFile && mtimeMs >= since.getTime())
    .sort((a, b) => a.mtimeMs - b.mtimeMs)
    .map(({ file }) => file);
}

/** True if it is known to be read to its end, without reading it again. */
async function isWholeKnown(deps: CatchUpDeps, path: string): Promise<boolean> {
  const file = await openAuditFile(path);
  try {
    const fingerprint = await file.fingerprint();
    const place = fingerprint === null ? null : await deps.log.find(fingerprint);
    return place !== null && (await uncompressedBytes(file, path)) === place.readBytes;
  } finally {
    await file.close();
  }
}

/** gzip's last four bytes tell it, of what is smaller than 4 GiB. */
async function uncompressedBytes(file: AuditFile, path: string): Promise<number> {
  const sizeBytes = await file.sizeBytes();
  if (!file.isCompressed) return sizeBytes;
  const handle = await open(path, "r");
  try {
    const { buffer } = await handle.read(Buffer.alloc(4), 0, 4, Math.max(0, sizeBytes - 4));
    return buffer.readUInt32LE(0);
  } finally {
    await handle.close();
  }
}
