/** A name out of Vault or from people: each surface sets it apart and escapes it in its own way. */
export interface Name {
  readonly name: string;
}
export interface Person {
  readonly userId: string;
}
/** A day, in the reader's own words for dates. */
export interface Day {
  readonly day: Date;
}

/** A sentence in our words, with the parts that are not ours kept apart, so that none of them can pass for ours. */
export type Phrase = readonly (string | Name | Person | Day)[];

export const name = (text: string): Name => ({ name: text });

/** Some names, and how many more there are: `a, b and 3 more`. */
export function listed(names: readonly string[], max: number): Phrase {
  const shown = names.slice(0, max);
  const rest = names.length - shown.length;
  const separated = shown.flatMap((text, at) => [...(at === 0 ? [] : [", "]), name(text)]);
  return rest > 0 ? [...separated, ` and ${rest} more`] : separated;
}

/** Rules write what they quote between backticks: "`prod` in the path". */
export function quotedWords(evidence: string): Phrase {
  return evidence
    .split("`")
    .map((part, at) => (at % 2 === 1 ? name(part) : part))
    .filter((part) => part !== "");
}

/** In the largest unit that fits: `2 minutes ago`, `3 days ago`. */
export function agoWords(at: Date, now: Date): string {
  const minutes = Math.floor((now.getTime() - at.getTime()) / 60_000);
  if (minutes < 1) return "just now";
  const [count, unit] =
    minutes < 90
      ? [minutes, "minute"]
      : minutes < 48 * 60
        ? [Math.round(minutes / 60), "hour"]
        : minutes < 60 * 24 * 90
          ? [Math.floor(minutes / (60 * 24)), "day"]
          : minutes < 60 * 24 * 365 * 2
            ? [Math.floor(minutes / (60 * 24 * 30)), "month"]
            : [Math.floor(minutes / (60 * 24 * 365)), "year"];
  return `${count} ${unit}${count === 1 ? "" : "s"} ago`;
}

export const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`;
