import { lexemesOf } from "./lexeme.ts";

const listed = (words: string): ReadonlySet<string> => new Set(words.split(" "));

/** Words of a question that name nothing. */
const EMPTY = listed(
  "a an and any are as at be by can do does find for from get give has have i in is it its know me my need of on one our " +
    "please secret secrets show some that the their them there these this to use used uses using vault want we what where " +
    "which who whose with you your environment env team app application service",
);
/** What a secret is made of: it says little, for nearly every secret has one. It counts where nothing else does. */
const SOFT = listed(
  "key keys token tokens password passwords passwd pwd credential credentials cred creds login logins value values user " +
    "username auth access",
);

export interface AskedWords {
  /** Each must be there. */
  readonly needed: readonly string[];
  /** Better if they are there. */
  readonly wished: readonly string[];
}

const MAX_WORDS = 12;

/**
 * What a sentence asks for: "the stripe key of checkout in prod" needs stripe, checkout and prod. A path is taken word by
 * word.
 */
export function askedWords(text: string): AskedWords {
  const words = [...new Set(lexemesOf(text))];
  if (text.includes("/")) return { needed: words.slice(0, MAX_WORDS), wished: [] };
  const telling = words.filter((word) => !EMPTY.has(word));
  const hard = telling.filter((word) => !SOFT.has(word));
  const soft = telling.filter((word) => SOFT.has(word));
  if (hard.length > 0) return { needed: hard.slice(0, MAX_WORDS), wished: soft };
  return { needed: (soft.length > 0 ? soft : words).slice(0, MAX_WORDS), wished: [] };
}
