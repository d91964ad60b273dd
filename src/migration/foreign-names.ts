import { looksLikeSecret } from "../approvals/looks-like-secret.ts";
import type { ComparedKeys } from "../store/tables/migrations.ts";

/** Stands for a name that may not be one. */
export const HIDDEN_NAME = "(a name that may be a secret)";
/** Stands for a tag's value that looks like a credential. */
export const HIDDEN_VALUE = "(looks like a credential)";

/** Letters, digits and the signs of names, and no longer than names are. */
const NAME = /^[\p{L}\p{N} _./:@$-]{1,80}$/u;
const isName = (text: string): boolean => NAME.test(text) && !looksLikeSecret(text);
const MAX_TAGS = 20;

/** Names of keys are no values, but somebody else's document may have a pasted secret where a name belongs. */
export function showKeys({ same, different, onlyInVault, onlyInAws }: ComparedKeys): ComparedKeys {
  const shown = (names: readonly string[]): string[] => names.map((name) => (isName(name) ? name : HIDDEN_NAME));
  return {
    same: shown(same),
    different: shown(different),
    onlyInVault: shown(onlyInVault),
    onlyInAws: shown(onlyInAws),
  };
}

/** Somebody else's tags as we may keep and show them: the first twenty, cut, without what looks like a credential. */
export function showTags(tags: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const shown = Object.entries(tags)
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .slice(0, MAX_TAGS)
    .map(([key, value]) => {
      const isHidden = looksLikeSecret(value) || looksLikeSecret(`${key}=${value}`);
      return [isName(key) ? key : HIDDEN_NAME, isHidden ? HIDDEN_VALUE : value.slice(0, 120)];
    });
  return Object.fromEntries(shown);
}
