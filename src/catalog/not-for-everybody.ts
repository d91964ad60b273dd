import { GloveboxError } from "../errors.ts";
import { hiddenBy, type VisibilityRule } from "./visibility.ts";

/** A rule keeps the name to some people, and a channel is read by others, too. */
export class NotForEverybodyError extends GloveboxError {
  readonly code = "NOT_FOR_EVERYBODY";
  readonly userMessage: string;
  constructor({ ask }: VisibilityRule) {
    super("a visibility rule covers the path, so it is not shared");
    this.userMessage = `A rule of your organisation keeps this name to certain groups, and others may read this channel, so I did not share it. Send people to ${ask} instead.`;
  }
}

/** @throws {NotForEverybodyError} Some rule covers the path, whoever asks. */
export function assertForEverybody(rules: readonly VisibilityRule[], fullPath: string): void {
  const rule = hiddenBy({ hidden: rules, seen: [], fault: null }, fullPath);
  if (rule !== null) throw new NotForEverybodyError(rule);
}
