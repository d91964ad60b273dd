import { looksLikeSecret } from "../approvals/looks-like-secret.ts";
import { roomForTags, tagFault } from "./tag-faults.ts";

/** Which of Vault's custom_metadata go along as tags. */
export interface CustomMetadataRule {
  readonly tags: "all" | "none" | readonly string[];
  /** Before each key: `vault-` makes `vault-team` of `team`. */
  readonly prefix: string;
}

/** An entry that AWS gets not as a tag. */
export interface LeftOut {
  readonly key: string;
  /** In a few words, for people. */
  readonly reason: string;
  /** null: it looks like a credential, so we keep no copy either. */
  readonly value: string | null;
}

/** What of the custom metadata did not become a tag, out of how many that the rules choose. */
export interface TagOverflow {
  readonly total: number;
  readonly leftOut: readonly LeftOut[];
}

export interface CarriedTags extends TagOverflow {
  /** What was said of the secret, then what fits of its custom metadata. */
  readonly tags: Readonly<Record<string, string>>;
}

/** Adds custom_metadata to the tags that people gave, as far as AWS takes it. What people said comes first. */
export function carryCustomMetadata(
  rule: CustomMetadataRule,
  custom: Readonly<Record<string, string>>,
  said: Readonly<Record<string, string>>,
): CarriedTags {
  const chosen = Object.entries(custom)
    .filter(([key]) => isChosen(rule, key))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const tags: Record<string, string> = { ...said };
  const leftOut: LeftOut[] = [];
  for (const [key, value] of chosen) {
    const tag = `${rule.prefix}${key}`;
    const reason = reasonAgainst(tags, tag, key, value);
    if (reason === null) tags[tag] = value;
    else leftOut.push(reason === CREDENTIAL ? { key: shownKey(key), reason, value: null } : { key, reason, value });
  }
  return { tags, total: chosen.length, leftOut };
}

const isChosen = ({ tags }: CustomMetadataRule, key: string): boolean =>
  tags === "all" || (tags !== "none" && tags.includes(key));

const CREDENTIAL = "it looks like a credential";

/** Of a credential only that there is one. */
const shownKey = (key: string): string => (looksLikeSecret(key) ? "(a key)" : key);

function reasonAgainst(tags: Readonly<Record<string, string>>, tag: string, key: string, value: string): string | null {
  if (looksLikeSecret(value) || looksLikeSecret(key) || looksLikeSecret(`${key}=${value}`)) return CREDENTIAL;
  if (tag === "__proto__") return "its name can't be kept as one of an object";
  if (Object.hasOwn(tags, tag)) return "another tag has its name";
  const fault = tagFault(tag, value);
  if (fault !== null) return fault.brief;
  return Object.keys(tags).length >= roomForTags() ? "AWS takes no more tags" : null;
}
