import { INSTALLATION_TAG, REQUEST_TAG } from "../migration/target-tags.ts";
import { code } from "./escape-mrkdwn.ts";

const SHOWN = 12;
/** Tags by which people say whose a thing is, the most telling first. */
const OWNER_TAGS = [
  /owner/i,
  /team|squad/i,
  /contact|e-?mail/i,
  /application|^app|service|project/i,
  /managed|created|stack/i,
];

/** They may say whose it is. */
export function tagWords(tags: Readonly<Record<string, string>>): string {
  const all = Object.entries(tags);
  const shown = all.slice(0, SHOWN).map(([tag, value]) => `${code(tag, 60)}: ${code(value, 80)}`);
  if (all.length === 0) return "none, so they don't tell whose it is.";
  return `${shown.join(" · ")}${all.length > shown.length ? ` and ${all.length - shown.length} more` : ""}`;
}

/** A guess by its tags, said as one; null where they say nothing. */
export function belongsTo(tags: Readonly<Record<string, string>>): string | null {
  const installation = tags[INSTALLATION_TAG];
  if (installation !== undefined) {
    const request = tags[REQUEST_TAG];
    return `It seems to be from Glovebox ${code(installation, 60)}${request ? `, request ${code(request, 60)}` : ""}, and not from this path.`;
  }
  for (const form of OWNER_TAGS) {
    const found = Object.entries(tags).find(([tag]) => form.test(tag) && !tag.startsWith("aws:"));
    if (found)
      return `It seems to belong to ${code(found[1], 80)} (its tag ${code(found[0], 60)}). Speak with them first.`;
  }
  return null;
}
