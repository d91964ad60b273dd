import type { Rule } from "../suggestion.ts";
import { applicationRule } from "./application.ts";
import { purposeWordIn } from "./purpose-words.ts";

const TEAM_FOLDER = /^(teams?|squads?|tribes?|groups?|departments?)$/i;
const TEAM_NAME = /^(?:(?:team|squad|tribe)[-_](.+)|(.+)[-_](?:team|squad|tribe))$/i;

/** A part that is called a team, in path or mount; failing that, weakly, the first folder. */
export const ownerTeamRule: Rule = (secret) => {
  const parts = [...secret.mount.split("/"), ...secret.path.split("/")].filter((part) => part !== "");
  for (const [index, part] of parts.slice(0, -1).entries()) {
    const next = parts[index + 1];
    const isFolderBelow = next !== undefined && index + 1 < parts.length - 1;
    if (TEAM_FOLDER.test(part) && isFolderBelow) {
      return { value: next, evidence: `\`${part}/${next}\` in the path`, confidence: 0.8 };
    }
    if (TEAM_NAME.test(part)) return { value: part, evidence: `\`${part}\` in the path`, confidence: 0.75 };
  }
  const folders = secret.path.split("/").slice(0, -1);
  const [first = ""] = folders;
  // A region or a kind of secret in front says how the estate is sorted, not by whom it is owned.
  const namesSomething = applicationRule({ ...secret, path: first }) !== null && purposeWordIn(first) === null;
  if (folders.length < 2 || !namesSomething) return null;
  return {
    value: first,
    evidence: `\`${first}/\` is the first folder; many estates name it after a team`,
    confidence: 0.35,
  };
};
