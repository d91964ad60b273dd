export interface ShownName {
  readonly shown: string;
  /** Says what the eye can't see; null when the name is plain. */
  readonly note: string | null;
}

const MARKS: readonly (readonly [RegExp, string, string])[] = [
  [/^ +| +$/g, "␠", "a blank at the edge"],
  [/ {2,}/g, "␠", "blanks in a row"],
];
const PLAIN_SPACE = " ";
const LISTED_AT_MOST = 8;

/**
 * Makes visible what tells two alike names apart: blanks at the edge of a part, invisible characters, and letters
 * outside ASCII with their code points (so `é` as one character and `e` with an accent read differently).
 */
export function showName(text: string): ShownName {
  const notes: string[] = [];
  const parts = text.split("/").map((part) => {
    let shown = part;
    for (const [pattern, mark, words] of MARKS) {
      const marked = shown.replace(pattern, (blanks) => mark.repeat(blanks.length));
      if (marked !== shown) notes.push(`${words} (shown as ${mark})`);
      shown = marked;
    }
    return shown.replace(/[\p{Cc}\p{Cf}\p{Zs}\p{Zl}\p{Zp}]/gu, (character) =>
      character === PLAIN_SPACE ? character : `⟨${codePoint(character)}⟩`,
    );
  });
  const foreign = unusualLetters(text);
  if (foreign.length > 0) notes.push(foreign.join(", "));
  return { shown: parts.join("/"), note: notes.length === 0 ? null : [...new Set(notes)].join("; ") };
}

/** Each character outside ASCII once, a base letter together with the accents that follow it. */
function unusualLetters(text: string): string[] {
  const clusters = new Set(
    [...new Intl.Segmenter("en", { granularity: "grapheme" }).segment(text)]
      .map(({ segment }) => segment)

      .filter((segment) => /[^ -~]/.test(segment)),
  );
  const named = [...clusters].map((cluster) => {
    const codes = [...cluster].map(codePoint).join(" ");
    return /^[\p{L}\p{N}\p{P}\p{S}]/u.test(cluster) ? `\`${cluster}\` is ${codes}` : codes;
  });
  const more = named.length - LISTED_AT_MOST;
  return more > 0 ? [...named.slice(0, LISTED_AT_MOST), `and ${more} more outside ASCII`] : named;
}

function codePoint(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;
}
