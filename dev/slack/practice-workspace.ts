/** An invented bank. Every name says that it is practice, and says which role it plays. */
export interface Person {
  id: string;
  name: string;
  realName: string;
}

const person = (id: string, name: string, realName: string): Person => ({ id, name, realName });

export const PEOPLE = {
  engineer: person("U0ENGINEER", "erin", "Erin Engineer"),
  engineer2: person("U0ENGINEER2", "eli", "Eli Engineer"),
  supporter: person("U0SUPPORTER", "sol", "Sol Supporter"),
  approver: person("U0APPROVER", "ada", "Ada Approver"),
  approver2: person("U0APPROVER2", "abe", "Abe Approver"),
  operator: person("U0OPERATOR", "olga", "Olga Operator"),
} as const;

export const CHANNELS = { approvals: "C0APPROVALS", support: "C0SUPPORT", general: "C0GENERAL" } as const;

const CHANNEL_NAMES: Record<keyof typeof CHANNELS, string> = {
  approvals: "secrets-approvals",
  support: "secrets-support",
  general: "general",
};

export interface Usergroup {
  id: string;
  handle: string;
  name: string;
  users: string[];
}

export const USERGROUPS = {
  approvers: {
    id: "S0APPROVERS",
    handle: "secrets-approvers",
    name: "Secrets approvers",
    users: [PEOPLE.approver.id, PEOPLE.approver2.id],
  },
  supporters: {
    id: "S0SUPPORTERS",
    handle: "secrets-support",
    name: "Secrets support",
    users: [PEOPLE.supporter.id],
  },
  operators: { id: "S0OPERATORS", handle: "secrets-operators", name: "Secrets operators", users: [PEOPLE.operator.id] },
  payments: { id: "S0PAYMENTS", handle: "payments", name: "Payments", users: [PEOPLE.engineer.id] },
  treasury: { id: "S0TREASURY", handle: "treasury", name: "Treasury", users: [PEOPLE.engineer2.id] },
} as const;

export const WORKSPACE_NAME = "Ravensbourne Bank (practice)";
export const TEAM_ID = "T0PRACTICE";
export const BOT = { appId: "A0GLOVEBOX", botUserId: "U0GLOVEBOX", botName: "glovebox" } as const;
// Not secret: local-slack listens on this machine and takes any token; the proxy in front takes only these.
export const BOT_TOKEN = "xoxb-practice-workspace";
export const APP_TOKEN = "xapp-practice-workspace";

/** local-slack's config file: everybody is in every channel, so that anybody can try what they may not do. */
export function workspaceConfig(people: readonly Person[], extraChannels: Record<string, string> = {}): object {
  const members = [...people.map(({ id }) => id), BOT.botUserId];
  const channels = [
    ...Object.entries(CHANNELS).map(([key, id]) => ({
      id,
      name: CHANNEL_NAMES[key as keyof typeof CHANNELS],
      members,
    })),
    ...Object.entries(extraChannels).map(([name, id]) => ({ id, name, members })),
  ];
  return {
    workspace: { name: WORKSPACE_NAME, domain: "ravensbourne-practice", teamId: TEAM_ID },
    apps: [{ ...BOT, botToken: BOT_TOKEN, appToken: APP_TOKEN, mode: "socket" }],
    users: people.map(({ id, name, realName }) => ({
      id,
      name,
      real_name: realName,
      email: `${name}@ravensbourne.example`,
      tz: "Europe/London",
    })),
    channels,
  };
}
