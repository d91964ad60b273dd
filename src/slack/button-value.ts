import { GloveboxError } from "../errors.ts";

export class BadButtonError extends GloveboxError {
  readonly code = "BAD_BUTTON";
  readonly userMessage =
    "That button is from an older card or not one of mine, so nothing changed. Open a fresh card with `/secrets status`.";
  constructor() {
    super("a button's value is not <id>:<version>");
  }
}

/** What a button carries, and all that it carries: which thing, and which version of it the person saw. */
export interface ButtonValue {
  /** A request (`RQ-1001`), a case (`CS-101`), an entry (`42`), a reference (`ref-7F3A`) or an error code. */
  readonly id: string;
  readonly version: number;
}

export const buttonValue = ({ id, version }: ButtonValue): string => `${id}:${version}`;

/** @throws {BadButtonError} */
export function parseButtonValue(value: string | undefined): ButtonValue {
  const match = /^([A-Za-z0-9_-]{1,64}):(\d{1,9})$/.exec(value ?? "");
  if (!match) throw new BadButtonError();
  return { id: match[1] ?? "", version: Number(match[2]) };
}
