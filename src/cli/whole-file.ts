import { open, rename, rm, stat } from "node:fs/promises";
import { codeOf } from "../errors.ts";

/** The file could not be written; `message` says which and why, for people. */
export class FileNotWrittenError extends Error {
  constructor(path: string, reason: string) {
    super(`${path} can't be written (${reason}), so it is as it was before.`);
  }
}

/** A file that appears under its name only when it is whole. */
export interface WholeFile {
  /** @throws {FileNotWrittenError} */
  write(text: string): Promise<void>;
  /** Gives it its name, over an older file. @throws {FileNotWrittenError} */
  finish(): Promise<void>;
  /** Takes away what was written; nothing after `finish`. */
  abandon(): Promise<void>;
}

/** Readable by its owner alone: names of secrets are worth something to an attacker. @throws {FileNotWrittenError} */
export async function openWholeFile(path: string): Promise<WholeFile> {
  const part = `${path}.${process.pid}.part`;
  const explained = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      throw error instanceof FileNotWrittenError ? error : new FileNotWrittenError(path, codeOf(error));
    }
  };
  const known = await stat(path).catch(() => null);
  // A rename would put a file in the place of a device or pipe such as /dev/stdout.
  if (known !== null && !known.isFile()) throw new FileNotWrittenError(path, "it is no regular file");
  const file = await explained(open(part, "w", 0o600));
  let isOpen = true;
  const close = async (): Promise<void> => {
    if (isOpen) await file.close();
    isOpen = false;
  };
  return {
    write: (text) => explained(file.appendFile(text)),
    finish: () => explained(close().then(() => rename(part, path))),
    async abandon() {
      await close().catch(() => undefined); // what matters is that nothing half-written stays
      await rm(part, { force: true });
    },
  };
}
