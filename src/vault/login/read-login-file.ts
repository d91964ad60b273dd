import { readFile } from "node:fs/promises";
import { Secret } from "../../secret.ts";
import { LoginFileError } from "./login-errors.ts";

/**
 * A token or JWT that somebody else keeps fresh in a file. Read at each login, since it is replaced while we run.
 * @throws {LoginFileError} The file is absent, empty, or holds more than one word (a wrapped sink holds JSON).
 */
export async function readLoginFile(file: string): Promise<Secret> {
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
    throw new LoginFileError(file, `can't be read (${code})`);
  });
  const word = text.trim();
  if (word === "") throw new LoginFileError(file, "is empty");
  // Anything else is no token, and in a header it would make the HTTP client quote it in its error.
  if (!/^[\w.+/=-]+$/.test(word)) throw new LoginFileError(file, "holds something else than a bare token");
  return new Secret(word);
}
