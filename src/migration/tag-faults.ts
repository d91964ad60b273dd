import { INSTALLATION_TAG, MIGRATION_TAG, REQUEST_TAG, STATE_TAG } from "./target-tags.ts";

const OURS: readonly string[] = [INSTALLATION_TAG, STATE_TAG, MIGRATION_TAG, REQUEST_TAG];
/** AWS's limit for one secret, ours included. */
const MAX_TAGS = 50;
/** The stricter of AWS's two statements. */
const MAX_KEY_LENGTH = 127;
const MAX_VALUE_LENGTH = 255;
const ALLOWED = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;

/** What AWS would refuse in the tags of a request, with the next step. Keys are named, values are not. */
export function tagFaults(tags: Readonly<Record<string, string>>): { code: string; text: string }[] {
  const entries = Object.entries(tags);
  const room = MAX_TAGS - OURS.length;
  const count = `AWS takes ${room} tags besides Glovebox's own; these are ${entries.length}. Drop some.`;
  const bad = entries.flatMap(([key, value]) => {
    const reason = tagFault(key, value);
    return reason === null
      ? []
      : [{ code: "TAG_INVALID", text: `The tag \`${key.slice(0, MAX_KEY_LENGTH)}\` ${reason}` }];
  });
  return [...(entries.length > room ? [{ code: "TOO_MANY_TAGS", text: count }] : []), ...bad];
}

function tagFault(key: string, value: string): string | null {
  if (key === "" || key.length > MAX_KEY_LENGTH) return `needs a name of 1 to ${MAX_KEY_LENGTH} characters.`;
  if (value.length > MAX_VALUE_LENGTH) return `has more than ${MAX_VALUE_LENGTH} characters. Shorten it.`;
  if (/^aws:/i.test(key)) return "starts with `aws:`, which AWS keeps for itself. Rename it.";
  if (OURS.includes(key)) return "is one that Glovebox sets itself. Rename it.";
  if (!ALLOWED.test(key) || !ALLOWED.test(value)) {
    return "has a character that AWS doesn't take: use letters, digits, blanks and _ . : / = + - @.";
  }
  return null;
}
