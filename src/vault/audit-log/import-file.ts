import type { LogPlace, Stretch } from "../../catalog/usage/usage-log.ts";
import { GloveboxError } from "../../errors.ts";
import { type AuditFile, openAuditFile } from "./audit-file.ts";
import { type ReadOnDeps, readOn } from "./read-on.ts";
import { lineSplitter } from "./split-lines.ts";

/** What one run found in a file. */
export interface FileCount {
  readonly lineCount: number;
  readonly countedCount: number;
  readonly malformedCount: number;
  readonly overlongCount: number;
  /** Uncompressed, that were read before, under whatever name. */
  readonly knownBytes: number;
}

export class NotAuditLogError extends GloveboxError {
  readonly code = "NOT_AUDIT_LOG";
  readonly userMessage =
    "The file has no line of Vault's audit log in JSON at its beginning, so nothing of it was counted. Check that it is the log of an audit device, plain or compressed by gzip.";
  constructor() {
    super("no line of an audit log at the beginning of the file");
  }
}

export class AuditLogDiffersError extends GloveboxError {
  readonly code = "AUDIT_LOG_DIFFERS";
  readonly userMessage =
    "The file begins like a log that was read before and goes on differently, so it was changed or filtered since. Nothing more of it was counted, for it would count twice. Import logs as Vault wrote them.";
  constructor() {
    super("the file begins like a known log and goes on differently");
  }
}

export class AuditFileBrokenError extends GloveboxError {
  readonly code = "AUDIT_FILE_BROKEN";
  readonly userMessage =
    "The file's compression is broken or cut off. What came before the break is counted. Fetch the file again and import it: nothing counts twice.";
  constructor() {
    super("broken gzip data");
  }
}

/**
 * Counts what is new in a file: all of it, what came since it was read, or nothing. A log is known by its first line,
 * so another name or compression makes no difference.
 * @param report Hears of each stretch.
 * @throws {NotAuditLogError} {AuditLogDiffersError} {AuditFileBrokenError} Error With a code of the system's.
 */
export async function importAuditFile(
  deps: ReadOnDeps,
  path: string,
  { report, signal }: { report?(stretch: Stretch): void; signal?: AbortSignal } = {},
): Promise<FileCount> {
  const file = await openAuditFile(path);
  const count = { lineCount: 0, countedCount: 0, malformedCount: 0, overlongCount: 0 };
  const hear = (stretch: Stretch): void => {
    for (const key of Object.keys(count) as (keyof typeof count)[]) count[key] += stretch[key];
    report?.(stretch);
  };
  let knownBytes: number | null = null;
  try {
    const fingerprint = await file.fingerprint();
    if (fingerprint === null) return { ...count, knownBytes: 0 };
    const isKnown = (await deps.log.find(fingerprint)) !== null;
    if (!isKnown && !(await isAuditLog(deps, file))) throw new NotAuditLogError();
    for (let place: LogPlace | null = null; place === null && !signal?.aborted; ) {
      const from = await deps.log.open({ kind: "file", fingerprint, name: path });
      knownBytes ??= from.readBytes;
      if (!(await goesOn(file, from))) throw new AuditLogDiffersError();
      // Where somebody else reads the same log at this moment, what they counted is theirs.
      place = await readOn(deps, { file, from, isEnded: true, report: hear, signal });
    }
    return { ...count, knownBytes: knownBytes ?? 0 };
  } catch (error) {
    if (error instanceof Error && "code" in error && /^Z_/.test(String(error.code))) throw new AuditFileBrokenError();
    throw error;
  } finally {
    await file.close();
  }
}

/** True unless the file is shorter than what was read, or differs there. Of compressed data only what follows is read. */
export async function goesOn(file: AuditFile, { readBytes, lastLine }: LogPlace): Promise<boolean> {
  if (readBytes === 0 || file.isCompressed) return true;
  if ((await file.sizeBytes()) < readBytes) return true; // an earlier copy: nothing in it is new
  return lastLine === null || file.endsWith(readBytes, lastLine);
}

const LOOKED_AT = 100;

async function isAuditLog({ readLine }: ReadOnDeps, file: AuditFile): Promise<boolean> {
  let [looked, isRight] = [0, false];
  const splitter = lineSplitter({
    line(buffer, start, end) {
      if (isRight || end === start || looked >= LOOKED_AT) return;
      looked += 1;
      isRight = readLine(buffer.toString("utf8", start, end)) !== "malformed";
    },
    overlong() {
      looked += 1;
    },
  });
  for await (const chunk of file.read(0)) {
    splitter.push(chunk);
    if (isRight || looked >= LOOKED_AT) return isRight;
  }
  const rest = splitter.rest();
  return isRight || (rest !== null && readLine(rest.toString()) !== "malformed");
}
