/**
 * A glob over the full path as people type it, mount first: `*` is any text within one folder, `?` one character of it,
 * `**` alone between slashes any number of folders. A backslash takes the next character as it stands. Case counts, as
 * in Vault.
 * @returns Why it is no such glob, as a sentence; null when it is one.
 */
export function pathGlobFault(glob: string): string | null {
  if (/\p{Cc}/u.test(glob)) return "a control character: no path in Vault has one";
  const parts = glob.split("/");
  if (parts.some((part) => part === "")) return "an empty part: no slash at either end, and no two in a row";
  const plain = parts.map((part) => part.replace(/\\./gsu, ""));
  if (plain.some((part, place) => part.includes("**") && parts[place] !== "**"))
    return "`**` must stand alone between slashes: treasury/**";
  if (plain.some((part) => part.endsWith("\\"))) return "a backslash with nothing after it to take as it stands";
  if (parts.length === 1 && parts[0] !== "**") return "a mount alone has no secrets: say treasury/** for all of them";
  return null;
}

type Token =
  | { readonly kind: "character"; readonly character: string }
  /** One character of a name. */
  | { readonly kind: "one" }
  /** Any text within a folder. */
  | { readonly kind: "within" }
  /** No folder, or any number, each with its slash. */
  | { readonly kind: "folders" }
  /** Everything below, at least one character. */
  | { readonly kind: "below" };

export type PathGlob = readonly Token[];

/** @param glob One that `pathGlobFault` lets through. */
export function parsePathGlob(glob: string): PathGlob {
  const parts = glob.split("/");
  return parts.flatMap((part, place): Token[] => {
    const isLast = place === parts.length - 1;
    if (part === "**") return [{ kind: isLast ? "below" : "folders" }];
    const tokens = [...part.matchAll(/\\(.)|(.)/gsu)].map(([, escaped, plain = ""]): Token => {
      if (escaped !== undefined) return { kind: "character", character: escaped };
      if (plain === "*") return { kind: "within" };
      return plain === "?" ? { kind: "one" } : { kind: "character", character: plain };
    });
    return isLast ? tokens : [...tokens, { kind: "character", character: "/" }];
  });
}

/** As a regular expression of Postgres, which matches the whole text. */
export function globPattern(glob: PathGlob): string {
  return `^${glob.map(patternOf).join("")}$`;
}

function patternOf(token: Token): string {
  switch (token.kind) {
    case "character":
      return token.character.replace(/[$()*+.?[\\\]^{|}]/, "\\$&");
    case "one":
      return "[^/]";
    case "within":
      return "[^/]*";
    case "folders":
      return "(?:.*/)?";
    case "below":
      return ".+";
  }
}

/**
 * The same in JavaScript. Not by its regular expressions: they try every way to split a text among the stars, and the
 * text is whatever somebody typed. This takes text times glob at most.
 */
export function matchesPathGlob(glob: PathGlob, text: string): boolean {
  let open = reach(glob, new Set<number>(), 0);
  for (const character of text) {
    const next = new Set<number>();
    for (const place of open) step(glob, place, character, next);
    if (next.size === 0) return false;
    open = next;
  }
  return open.has(glob.length * 2);
}

/** Places are counted twice: an odd one is inside the `folders` or `below` that began at the even one before it. */
function reach(glob: PathGlob, places: Set<number>, place: number): Set<number> {
  places.add(place);
  const kind = glob[place / 2]?.kind;
  if (kind === "folders") places.add(place + 1);
  return kind === "folders" || kind === "within" ? reach(glob, places, place + 2) : places;
}

function step(glob: PathGlob, place: number, character: string, next: Set<number>): void {
  const isInside = place % 2 === 1;
  const at = isInside ? place - 1 : place;
  const token = glob[at / 2];
  const isName = character !== "/";
  if (isInside) next.add(place);
  if (token?.kind === "below" && !isInside) next.add(place + 1);
  if (token?.kind === "within" && isName) reach(glob, next, at);
  const isPassed =
    (token?.kind === "character" && token.character === character) ||
    (token?.kind === "one" && isName) ||
    (token?.kind === "folders" && isInside && !isName) ||
    token?.kind === "below";
  if (isPassed) reach(glob, next, at + 2);
}
