import { createInterface } from "node:readline/promises";
import { GloveboxError } from "../errors.ts";

/** @returns True for a yes. */
export type AskYes = (question: string) => Promise<boolean>;

/** A command that asks was started where nobody can answer. */
export class NobodyToAskError extends GloveboxError {
  readonly code = "NOBODY_TO_ASK";
  readonly userMessage =
    "This asks before it changes anything, and there is no terminal to ask on. Nothing was changed. Look at what it would do, then run it again with --yes.";
  constructor() {
    super("standard input is no terminal and --yes was not given");
  }
}

/**
 * Asks on the terminal. Anything but a yes is a no.
 * @param isYes `--yes` was given: the answer is known.
 * @throws {NobodyToAskError}
 */
export function askOnTerminal(isYes: boolean): AskYes {
  return async (question) => {
    if (isYes) return true;
    if (!process.stdin.isTTY) throw new NobodyToAskError();
    const terminal = createInterface({ input: process.stdin, output: process.stdout });
    try {
      return /^y(es)?$/i.test((await terminal.question(`${question} [yes/no] `)).trim());
    } finally {
      terminal.close();
    }
  };
}
