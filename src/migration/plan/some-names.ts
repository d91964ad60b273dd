import { showName } from "../../catalog/show-name.ts";

/** A few names out of a group that may be large: naming all of them in each row would be quadratic. */
export interface SomeNames {
  /** `mount/path`, exactly. */
  readonly names: readonly string[];
  /** Of all of them, those not named too. */
  readonly count: number;
}

export const NO_NAMES: SomeNames = { names: [], count: 0 };
const NAMED_AT_MOST = 3;

/** @param all The group without the one whose row it is; it is not read further than needed. */
export function someNames(all: Iterable<string>, count: number): SomeNames {
  const names: string[] = [];
  for (const name of all) {
    if (names.length === NAMED_AT_MOST) break;
    names.push(name);
  }
  return { names, count };
}

/** "`a` and `b`", "`a`, `b`, `c` and 12 more", with what the eye can't see said in brackets. */
export function sayNames({ names, count }: SomeNames): string {
  const said = names.map((name) => {
    const { shown, note } = showName(name);
    return `\`${shown}\`${note === null ? "" : ` (${note})`}`;
  });
  const more = count - names.length;
  const all = more > 0 ? [...said, `${more.toLocaleString("en-US")} more`] : said;
  return all.length < 2 ? all.join("") : `${all.slice(0, -1).join(", ")} and ${all.at(-1)}`;
}
