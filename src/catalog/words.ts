/** A whole estate is named with few words, and its rules ask for the same ones again and again. */
const known = new Map<string, readonly string[]>();
const KNOWN_AT_MOST = 20_000;

/** The words of a name in lower case: `apiKey`, `API_KEY` and `api-key` are all `api`, `key`. */
export function wordsOf(name: string): readonly string[] {
  const cached = known.get(name);
  if (cached !== undefined) return cached;
  const words = splitWords(name);
  if (known.size >= KNOWN_AT_MOST) known.clear();
  if (name.length <= 100) known.set(name, words);
  return words;
}

function splitWords(name: string): string[] {
  return name
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .replace(/([A-Z]+)([A-Z][a-z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== "");
}

/** The path's parts, the deepest first. A part in braces is a placeholder, not a name. */
export function partsFromDeepest(path: string): string[] {
  return path
    .split("/")
    .filter((part) => part !== "" && !/^\{.*\}$/.test(part))
    .reverse();
}
