import { type Random, seededRandom } from "../dev/seed/random.ts";

export interface SearchQuestion {
  readonly kind: string;
  readonly text: string;
  /** What a plain scan would look for: each must stand in the path. */
  readonly words: readonly string[];
}

type Ask = (path: string, random: Random) => Omit<SearchQuestion, "kind">;

const partsOf = (path: string): string[] => path.split(/[/_-]/).filter((part) => part.length > 2);
const some = (parts: readonly string[], count: number, random: Random): string[] =>
  Array.from({ length: count }, () => parts[random.int(parts.length)] ?? "prod");
const letters = (count: number, random: Random): string =>
  Array.from({ length: count }, () => String.fromCharCode(97 + random.int(26))).join("");
/** Two letters of it changed. */
function misspell(text: string, random: Random): string {
  const at = 3 + random.int(Math.max(1, text.length - 4));
  return `${text.slice(0, at)}${letters(1, random)}${text.slice(at + 2)}`;
}
const asTyped = (text: string): Omit<SearchQuestion, "kind"> => ({ text, words: text.split(/\s+/) });

/** How people ask, from a path that exists. Each kind comes equally often. */
const KINDS: Readonly<Record<string, Ask>> = {
  "whole path": asTyped,
  "end of a path": (path) => asTyped(path.split("/").slice(-2).join("/")),
  "one word": (path, random) => asTyped(some(partsOf(path), 1, random).join(" ").toLowerCase()),
  "beginning of a word": (path, random) => asTyped((some(partsOf(path), 1, random)[0] ?? "").slice(0, 3).toLowerCase()),
  "several words": (path, random) => asTyped([...new Set(some(partsOf(path), 3, random))].join(" ").toLowerCase()),
  sentence: (path) => {
    const words = partsOf(path).slice(1, 4);
    const [first = "", second = "", third = ""] = words;
    return { text: `What is the ${third} password of ${first} in ${second} for?`.toLowerCase(), words };
  },
  "key name": (_path, random) => {
    const name = random.pick([
      "api_key",
      "password",
      "webhook_secret",
      "client_secret",
      "private_key",
      "dsn",
      "username",
    ]);
    return { text: name, words: [name] };
  },
  "owner, key and environment": (path, random) => ({
    text: `owner:${random.pick(["payments", "treasury", "risk", "cards"])} key:password env:prod ${partsOf(path)[1] ?? ""}`.toLowerCase(),
    words: ["prod", partsOf(path)[1] ?? ""],
  }),
  "state and word": (path, random) => ({
    text: `state:${random.pick(["failed", "migrated", "waiting", '"not requested"'])} ${partsOf(path)[0] ?? ""}`.toLowerCase(),
    words: [partsOf(path)[0] ?? ""],
  }),
  "misspelt path": (path, random) => asTyped(misspell(path, random)),
  "misspelt words": (path, random) => {
    const words = partsOf(path)
      .slice(1, 3)
      .map((word) => misspell(word, random));
    return { text: words.join(" ").toLowerCase(), words };
  },
  "nothing that exists": (_path, random) => asTyped(`${letters(7, random)} ${letters(9, random)}`),
};

/** `count` questions about the given paths, the same for the same seed. */
export function searchQuestions(paths: readonly string[], count: number, seed: number): SearchQuestion[] {
  const random = seededRandom(seed);
  const kinds = Object.entries(KINDS);
  return Array.from({ length: count }, (_, number) => {
    const [kind, ask] = kinds[number % kinds.length] as (typeof kinds)[number];
    return { kind, ...ask(paths[random.int(paths.length)] ?? "", random) };
  });
}
