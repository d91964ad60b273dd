import { INSTALLATION_TAG, MIGRATION_TAG, REQUEST_TAG, STATE_TAG } from "./target-tags.ts";

/** Set by Glovebox itself. */
const OURS: readonly string[] = [INSTALLATION_TAG, STATE_TAG, MIGRATION_TAG, REQUEST_TAG];
/** AWS's limit for one secret, ours included. */
const MAX_TAGS = 50;
/** The stricter of AWS's two statements. */
const MAX_KEY_LENGTH = 127;
const MAX_VALUE_LENGTH = 255;
const ALLOWED = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;

/** How many tags a secret may have besides Glovebox's own. */
export const roomForTags = (): number => MAX_TAGS - OURS.length;

/** What AWS would refuse in the tags of a request, with the next step. Keys are named, values are not. */
export function tagFaults(tags: Readonly<Record<string, string>>): { code: string; text: string }[] {
  const entries = Object.entries(tags);
  const room = roomForTags();
  const count = `AWS takes ${room} tags besides Glovebox's own; these are ${entries.length}. Drop some.`;
  const bad = entries.flatMap(([key, value]) => {
    const fault = tagFault(key, value);
    return fault === null
      ? []
      : [{ code: "TAG_INVALID", text: `The tag \`${key.slice(0, MAX_KEY_LENGTH)}\` ${fault.text}` }];
  });
  return [...(entries.length > room ? [{ code: "TOO_MANY_TAGS", text: count }] : []), ...bad];
}

/** What AWS would refuse in one tag: the sentence after its name with the next step, and the same in a few words. */
export function tagFault(key: string, value: string): { text: string; brief: string } | null {
  if (key === "" || key.length > MAX_KEY_LENGTH) {
    return { text: `needs a name of 1 to ${MAX_KEY_LENGTH} characters.`, brief: "its name is too long" };
  }
  if (value.length > MAX_VALUE_LENGTH) {
    const text = `has more than ${MAX_VALUE_LENGTH} characters. Shorten it.`;
    return { text, brief: `it has more than ${MAX_VALUE_LENGTH} characters` };
  }
  if (/^aws:/i.test(key)) {
    return {
      text: "starts with `aws:`, which AWS keeps for itself. Rename it.",
      brief: "AWS keeps its name for itself",
    };
  }
  if (OURS.includes(key)) {
    return { text: "is one that Glovebox sets itself. Rename it.", brief: "Glovebox sets that tag itself" };
  }
  if (!ALLOWED.test(key) || !ALLOWED.test(value)) {
    const text = "has a character that AWS doesn't take: use letters, digits, blanks and _ . : / = + - @.";
    return { text, brief: "it has a character that AWS doesn't take" };
  }
  return null;
}
