type Habit = readonly [pattern: RegExp, rewrite: (match: RegExpExecArray) => string];

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

/** How people write a path out of habit: what they copied from the CLI, the API or Vault's pages. */
const HABITS: readonly Habit[] = [
  // Copied out of a sentence: `secret/app`, "secret/app", <https://…>
  [/^`(.+)`$/s, ([, inner = ""]) => inner],
  [/^"(.+)"$/s, ([, inner = ""]) => inner],
  [/^'(.+)'$/s, ([, inner = ""]) => inner],
  [/^<(https?:[^|>]+)(?:\|[^>]*)?>$/, ([, url = ""]) => url],
  // vault kv get -mount=secret team-a/stripe
  [/^vault kv \w+ (?:-\S+ )*-mount[= ](\S+) (?:-\S+ )*(.+)$/, ([, mount = "", path = ""]) => `${mount}/${path}`],
  [/^-mount[= ](\S+) (.+)$/, ([, mount = "", path = ""]) => `${mount}/${path}`],
  [/^vault (?:kv \w+|read) (?:-\S+ )*(.+)$/, ([, path = ""]) => path],
  // Vault's web pages, old and new, and its API
  [/^https?:\/\/[^/]+\/ui\/vault\/secrets\/([^/?]+)\/kv\/([^/?]+).*$/, ([, m = "", p = ""]) => decoded(`${m}/${p}`)],
  [/^https?:\/\/[^/]+\/ui\/vault\/secrets\/([^/?]+)\/show\/([^?]+).*$/, ([, m = "", p = ""]) => decoded(`${m}/${p}`)],
  [/^https?:\/\/[^/]+\/v1\/([^?]+).*$/, ([, path = ""]) => decoded(path)],
  [/^\/?v1\/(.+)$/s, ([, path = ""]) => path],
  [/^\/+(.+)$/s, ([, path = ""]) => path],
  [/^(.+[^/])\/+$/s, ([, path = ""]) => path],
  // KV v2's API path
  [/^([^/]+(?:\/[^/]+)*?)\/(?:data|metadata)\/(.+)$/s, ([, mount = "", path = ""]) => `${mount}/${path}`],
];

/**
 * What a person may have meant, the text as typed first. Blanks are kept: they may belong to the name.
 * @example typedSpellings("/secret/data/app") // ["/secret/data/app", "secret/data/app", "secret/app"]
 */
export function typedSpellings(text: string): string[] {
  const spellings = [text];
  for (const spelling of spellings) {
    for (const [pattern, rewrite] of HABITS) {
      const match = pattern.exec(spelling);
      const meant = match === null ? "" : rewrite(match);
      if (meant !== "" && !spellings.includes(meant)) spellings.push(meant); // grows while it is walked
    }
    const trimmed = spelling.trim();
    if (trimmed !== "" && !spellings.includes(trimmed)) spellings.push(trimmed);
  }
  return spellings;
}
