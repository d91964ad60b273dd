import type { Members, Membership } from "../membership.ts";

/** A team of `glovebox.yaml`. */
export interface Team {
  /** As it stands as owner team. */
  readonly name: string;
  /** How paths and custom metadata spell it besides: `team-payments`. */
  readonly aliases: readonly string[];
  readonly members: Members;
  /** Names of Vault roles, or display names, whose reads are this team's; `*` at the end stands for any rest. */
  readonly vaultRoles: readonly string[];
}

export interface TeamDeps {
  readonly teams: readonly Team[];
  readonly membership: Membership;
}

/** The teams that a person is in at this moment. @throws {MembershipUnknownError} Slack did not say. */
export async function teamsOf({ teams, membership }: TeamDeps, userId: string): Promise<readonly Team[]> {
  const isIn = await Promise.all(teams.map(({ members }) => membership.isMember(members, userId)));
  return teams.filter((_, place) => isIn[place]);
}

/** The team that a name means: its own name or an alias, in capitals or not. null: none of ours. */
export function teamNamed(teams: readonly Team[], written: string): Team | null {
  const asked = teamKey(written);
  return teams.find((team) => spellingsOf(team).includes(asked)) ?? null;
}

/** The name under which a team is known, however it was written; another name comes back as it is. */
export const canonicalTeam = (teams: readonly Team[], written: string): string =>
  teamNamed(teams, written)?.name ?? written.trim();

/** Every spelling of a team, in small letters, for comparing with what is stored in small letters. */
export const spellingsOf = ({ name, aliases }: Pick<Team, "name" | "aliases">): string[] =>
  [name, ...aliases].map(teamKey);

/** Equal for one team's name in any capitals. */
export const teamKey = (name: string): string => name.trim().toLowerCase();

/** The team whose reads these are, by the role or the display name of a client. The longest pattern wins. */
export function teamOfReader(
  teams: readonly Team[],
  { role, displayName }: { readonly role: string | null; readonly displayName: string | null },
): Team | null {
  const names = [role, displayName].filter((name) => name !== null);
  const fits = (pattern: string): boolean =>
    pattern.endsWith("*")
      ? names.some((name) => name.startsWith(pattern.slice(0, -1)))
      : names.some((name) => name === pattern);
  const fitting = teams.flatMap((team) => team.vaultRoles.filter(fits).map((pattern) => ({ team, pattern })));
  return fitting.sort((a, b) => b.pattern.length - a.pattern.length)[0]?.team ?? null;
}

export interface TeamFault {
  readonly place: number;
  readonly field: "name" | "aliases" | "vaultRoles";
  readonly message: string;
}

/** What makes it unclear whom a name or a role belongs to. */
export function teamFaults(teams: readonly Pick<Team, "name" | "aliases" | "vaultRoles">[]): TeamFault[] {
  const seen = new Map<string, string>();
  const taken = (key: string, owner: string): string | null => {
    const first = seen.get(key);
    seen.set(key, first ?? owner);
    return first ?? null;
  };
  return teams.flatMap(({ name, aliases, vaultRoles }, place) => {
    const spelt = [
      { field: "name" as const, text: name },
      ...aliases.map((text) => ({ field: "aliases" as const, text })),
    ];
    const names = spelt.flatMap(({ field, text }) => {
      const first = taken(`name ${teamKey(text)}`, name);
      return first === null ? [] : [{ place, field, message: `"${text}" already stands for the team ${first}` }];
    });
    const roles = vaultRoles.flatMap((role) => {
      const first = taken(`role ${role}`, name);
      return first === null
        ? []
        : [{ place, field: "vaultRoles" as const, message: `the reads of "${role}" are already ${first}'s` }];
    });
    return [...names, ...roles];
  });
}
