import type { LocalSlack } from "../slack/start-local-slack.ts";

/** The practice account: moto's own. */
export const PRACTICE_TARGET = { accountId: "123456789012", region: "eu-central-1", namePrefix: "practice/" } as const;

const DESCRIPTION = "Moved from Vault by Glovebox. Owner: {tag:owner-team}. Purpose: {tag:purpose}";

/** glovebox.yaml for the practice world, as JSON (which is YAML). */
export function practiceRules({ channels, usergroups }: Pick<LocalSlack, "channels" | "usergroups">): string {
  const rules = {
    installation: "practice",
    separation: "on",
    approvals: {
      channel: channels.approvals,
      approvers: { users: [], usergroups: [usergroups.approvers.id] },
      expireAfterHours: 72,
      validHours: 24,
      versionRule: "ask",
    },
    support: { channel: channels.support, staff: { users: [], usergroups: [usergroups.supporters.id] } },
    operators: { users: [], usergroups: [usergroups.operators.id] },
    teams: [practiceTeam("payments", usergroups.payments.id), practiceTeam("treasury", usergroups.treasury.id)],
    // Erin may not see these names; Eli may, and so do staff, operators and approvers.
    visibility: [
      {
        paths: ["secret/treasury/**"],
        seenBy: { users: [], usergroups: [usergroups.treasury.id] },
        ask: "#secrets-support",
      },
    ],
    targets: [{ ...PRACTICE_TARGET, kmsKeyIds: [], label: "Practice account", description: DESCRIPTION }],
  };
  return `${JSON.stringify(rules, null, 2)}\n`;
}

/** Its roles in the invented past are called after it. */
const practiceTeam = (name: string, usergroup: string): object => ({
  name,
  aliases: [`team-${name}`],
  members: { users: [], usergroups: [usergroup] },
  vaultRoles: [`${name}-*`],
});
