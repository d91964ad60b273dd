import { type Message, message, section } from "../src/slack/blocks.ts";
import { MAX_OLDER_VERSIONS } from "../src/slack/shape-inputs.ts";

/**
 * Takes `--versions N` off the end of a command; what is before it stays as typed, for blanks may belong to a name.
 * @returns `olderVersions` null: what follows the option is no number that AWS has labels for.
 */
export function readVersionsOption(typed: string): { text: string; olderVersions: number | null } {
  const [option, given = ""] = /\s*(?:^|\s)--versions(?:[\s=]+(\S*))?\s*$/.exec(typed) ?? [];
  if (option === undefined) return { text: typed, olderVersions: 0 };
  const count = /^\d{1,3}$/.test(given) ? Number(given) : Number.NaN;
  const text = typed.slice(0, typed.length - option.length);
  return { text, olderVersions: count >= 0 && count <= MAX_OLDER_VERSIONS ? count : null };
}

export const badVersionsMessage = (path: string): Message =>
  message("How many older versions?", [
    section(
      `\`--versions\` takes a number from 0 to ${MAX_OLDER_VERSIONS}, as in \`/secrets migrate ${path.trim() === "" ? "secret/team-a/stripe" : "<path>"} --versions 3\`: that many versions before the current one go along. AWS has labels for no more. I opened no form.`,
    ),
  ]);
