/** The words of a name in lower case: `apiKey`, `API_KEY` and `api-key` are all `api`, `key`. */
export function wordsOf(name: string): string[] {
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
