/**
 * A failure that we can explain. `message` is for the log; `userMessage` is for people and says what happened, what
 * did not, and the next step. Neither ever holds a value. Every code is listed in docs/errors.md.
 */
export abstract class GloveboxError extends Error {
  abstract readonly code: string;
  abstract readonly userMessage: string;
  /** True: the same call may succeed later without anybody doing anything. */
  readonly retryable: boolean = false;
  override get name(): string {
    return this.constructor.name;
  }
}

/** A failure's stable name: our code, a system's or a vendor's (`ECONNREFUSED`), or its class. Never its message. */
export function codeOf(error: unknown): string {
  if (error instanceof GloveboxError) return error.code;
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (typeof code === "string" && /^[\w.]{1,60}$/.test(code)) return code;
  return error instanceof Error ? error.constructor.name : "UNKNOWN";
}
