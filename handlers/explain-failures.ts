import { randomBytes } from "node:crypto";
import { GloveboxError } from "../src/errors.ts";
import type { Message } from "../src/slack/blocks.ts";
import type { ButtonValue } from "../src/slack/button-value.ts";
import { brokenMessage, refusalMessage } from "../src/slack/refusal-message.ts";

/** Where a failure's words go: to the one who acted, and to the log. */
export interface FailureReport {
  readonly log: HandlerLog;
  /** Answers the person in private. */
  answer(message: Message): Promise<unknown>;
  /** The request, case or entry in hand, for "Ask support". */
  readonly subject?: ButtonValue | null;
}

/** Fields first, as pino has it. */
export interface HandlerLog {
  info(fields: object, words: string): void;
  warn(fields: object, words: string): void;
  error(fields: object, words: string): void;
}

/**
 * Runs one act and turns its failure into a private answer: our own errors by their `userMessage`, anything else by a
 * reference that is also in the log. Never throws, and never shows or logs the message of an unforeseen error, which
 * may quote what it failed on.
 */
export async function explainFailures(report: FailureReport, act: () => Promise<unknown>): Promise<void> {
  try {
    await act();
  } catch (error) {
    const message = explanationOf(error, report);
    await report.answer(message).catch((failure: unknown) => {
      report.log.warn(describeFailure(failure), "an answer did not reach its person");
    });
  }
}

/** The words for a failure, logged on the way. */
export function explanationOf(
  error: unknown,
  { log, subject = null }: Pick<FailureReport, "log" | "subject">,
): Message {
  if (error instanceof GloveboxError) {
    log.info({ code: error.code, subject: subject?.id }, "refused");
    return refusalMessage(error.code, error.userMessage, subject);
  }
  const reference = randomBytes(3).toString("hex").toUpperCase();
  log.error({ reference, subject: subject?.id, ...describeFailure(error) }, "unforeseen failure");
  return brokenMessage(reference);
}

/** Kind, code and place of an error: all that can hold no value. */
export function describeFailure(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { kind: typeof error };
  const code =
    "code" in error && typeof error.code === "string" && /^[\w.-]{1,60}$/.test(error.code) ? error.code : null;
  // The first line of a stack is the message; the frames below it are places in code.
  const frames = (error.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line));
  return { kind: error.name, code, frames: frames.slice(0, 12).map((line) => line.trim()) };
}
