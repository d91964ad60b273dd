const ELLIPSIS = "…";

/**
 * Shortens text to `max` UTF-16 units, visibly: the last one is "…". Never leaves half an escape (`&am`), half a
 * `<@mention>` or half of a character behind. Text that fits comes back unchanged.
 */
export function shorten(text: string, max: number): string {
  if (text.length <= max) return text;
  if (max <= ELLIPSIS.length) return ELLIPSIS.slice(0, max);
  const cut = text
    .slice(0, max - ELLIPSIS.length)
    .replace(/[\uD800-\uDBFF]$/, "")
    .replace(/&[a-z]{0,3}$/, "")
    .replace(/<[^<>]*$/, "");
  return `${cut}${ELLIPSIS}`;
}

/** Joins lines up to `max` units; what no longer fits is counted, not dropped in silence. */
export function shortenLines(lines: readonly string[], max: number): string {
  const all = lines.join("\n");
  if (all.length <= max) return all;
  const kept: string[] = [];
  let length = 0;
  const room = max - 24; // for the line that counts the rest
  for (const line of lines) {
    if (length + line.length + 1 > room) break;
    kept.push(line);
    length += line.length + 1;
  }
  return kept.length === 0 ? shorten(all, max) : [...kept, `… and ${lines.length - kept.length} more`].join("\n");
}
