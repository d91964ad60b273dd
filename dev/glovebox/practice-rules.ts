import { TEAMS } from "../seed/generate-estate.ts";
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
    teams: practiceTeams({ payments: usergroups.payments.id, treasury: usergroups.treasury.id }),
    lanes: PRACTICE_LANES,
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

/** Every team of the bank. Its roles in the invented past are called after it; most have nobody in the workspace. */
export const practiceTeams = (usergroups: Readonly<Record<string, string>>) =>
  TEAMS.map((name) => ({
    name,
    aliases: [`team-${name}`],
    members: usergroups[name] ? { users: [], usergroups: [usergroups[name]] } : { users: ["U0NOBODY"], usergroups: [] },
    vaultRoles: [`${name}-*`],
  }));

/** Between what is usual in the invented bank and what is not: see dev/seed/seed-lanes.ts. */
export const PRACTICE_LANES = {
  whiteGlove: { readsPerDay: 50, clients: 8 },
  paths: [
    {
      paths: ["legacy/*_BATCH_*"],
      lane: "complex",
      reason: "the mainframe's batch job reads it by a fixed layout",
      nextStep: "Ask support how the batch job is to read it.",
    },
  ],
} as const;
