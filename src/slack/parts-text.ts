/** Keys of a split value that share a target. */
interface PartText {
  readonly name: string;
  readonly keys: readonly string[];
}

const NAME = /^[A-Za-z0-9_+=.@-]{1,64}$/;
const MAX_PARTS = 20;

/** `db: username, password`, a line for each. */
export const writeParts = (parts: readonly PartText[]): string =>
  parts.map(({ name, keys }) => `${name}: ${keys.join(", ")}`).join("\n");

/** What a person typed, or what is wrong with it, in one sentence. @param keyNames null: Vault doesn't tell them. */
export function readParts(
  text: string,
  keyNames: readonly string[] | null,
): { parts: { name: string; keys: string[] }[] } | { fault: string } {
  const parts: { name: string; keys: string[] }[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    const [, name = "", list = ""] = /^\s*([^:]*?)\s*:(.*)$/.exec(line) ?? [];
    const keys = readKeys(list, keyNames);
    if (!NAME.test(name) || keys.length === 0) {
      return { fault: `Line ${index + 1}: write a name of letters, digits and _ + = . @ -, a colon, then its keys.` };
    }
    parts.push({ name, keys });
  }
  const fault = faultOf(parts, keyNames);
  return fault === null ? { parts } : { fault };
}

/** A key may hold commas itself: where Vault tells the names, the longest one that fits is meant. */
function readKeys(list: string, keyNames: readonly string[] | null): string[] {
  const words = list.split(",");
  const keys: string[] = [];
  for (let start = 0; start < words.length; ) {
    const ends = words.map((_, end) => words.length - end).filter((end) => end > start);
    const known = ends.find((end) => keyNames?.includes(words.slice(start, end).join(",").trim()));
    const end = known ?? start + 1;
    keys.push(words.slice(start, end).join(",").trim());
    start = end;
  }
  return keys.filter((key) => key !== "");
}

function faultOf(parts: readonly PartText[], keyNames: readonly string[] | null): string | null {
  if (parts.length < 2) return "Write two groups or more, a line for each: a name, a colon, its keys.";
  if (parts.length > MAX_PARTS) return `Write ${MAX_PARTS} groups at most; these are ${parts.length}.`;
  const name = twiceIn(parts.map((part) => part.name.toLowerCase()));
  if (name !== null) return `Two groups are called ${name} (capitals count as the same). Give one another name.`;
  const keys = parts.flatMap((part) => part.keys);
  const key = twiceIn(keys);
  if (key !== null) return `The key ${key} is named twice. Leave it in one group.`;
  const unknown = keyNames === null ? undefined : keys.find((one) => !keyNames.includes(one));
  return unknown === undefined
    ? null
    : `The secret has no key ${unknown}. Its keys: ${keyNames?.slice(0, 12).join(", ")}.`;
}

const twiceIn = (all: readonly string[]): string | null => all.find((one, place) => all.indexOf(one) < place) ?? null;
