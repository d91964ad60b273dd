import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import type { RecordProcess, RunningProcess } from "../processes/start-process.ts";
import { startServer } from "../processes/start-server.ts";
import { type SlackProxy, startSlackProxy } from "./missing-methods-proxy.ts";
import {
  APP_TOKEN,
  BOT,
  BOT_TOKEN,
  CHANNELS,
  PEOPLE,
  type Person,
  USERGROUPS,
  type Usergroup,
  workspaceConfig,
} from "./practice-workspace.ts";

type ProxyControls = Pick<SlackProxy, "violations" | "sent" | "failNext" | "setUsergroupMembers">;

export interface LocalSlack extends ProxyControls {
  /** The workspace for people's browsers; act as anybody by the select at the top. */
  uiUrl: string;
  /** The Web API for the bot, ending in `/api/`. */
  apiUrl: string;
  botToken: string;
  appToken: string;
  botUserId: string;
  people: Record<keyof typeof PEOPLE, Person> & Record<string, Person>;
  /** Channel ids: the three of every practice workspace, and the extra ones by name. */
  channels: Record<keyof typeof CHANNELS, string> & Record<string, string>;
  /** As they are at the start; `setUsergroupMembers` changes what the Web API answers. */
  usergroups: Record<keyof typeof USERGROUPS, Usergroup>;
  pid: number;
  stop(): Promise<void>;
}

export interface LocalSlackOptions {
  /** Holds the workspace's config and files. */
  runDir: string;
  /** File that local-slack's output is appended to. */
  logTo: string;
  /** More people than the practice bank's six, by a key of your choice. */
  people?: Record<string, Person>;
  /** More channels: name to id (`C…`). */
  channels?: Record<string, string>;
  /** Wanted port of `uiUrl`; a taken one is answered by choosing another. */
  port?: number;
  /** 3,000 as on Slack; more for a debugger. */
  triggerLifeMs?: number;
  record?: RecordProcess;
}

const READY_WITHIN_MS = 15_000;

/**
 * Starts a Slack workspace of an invented bank on this machine, empty.
 * @throws Error when there is no local-slack for this platform (with the next step), or when it does not start.
 */
export async function startLocalSlack(options: LocalSlackOptions): Promise<LocalSlack> {
  const binary = localSlackBinary();
  const runDir = resolve(options.runDir);
  await mkdir(runDir, { recursive: true });
  const configFile = join(runDir, "local-slack.json");
  const people = { ...PEOPLE, ...options.people };
  await writeFile(configFile, JSON.stringify(workspaceConfig(Object.values(people), options.channels), null, 2));

  const proxy = await startSlackProxy({ usergroups: Object.values(USERGROUPS), ...options });
  const server = await startServer({
    process: (port) => ({
      name: "local-slack",
      command: binary,
      args: [
        ...["--config", configFile, "--port", String(port)],
        ...["--base-host", proxy.baseHost, "--files-dir", join(runDir, "slack-files")],
      ],
      logTo: options.logTo,
      record: options.record,
    }),
    isReady: async (port) => (await fetch(`http://127.0.0.1:${port}/_control/state`)).ok,
    readyWithinMs: READY_WITHIN_MS,
  }).catch(async (error: unknown) => {
    await proxy.stop();
    throw error;
  });
  proxy.forwardTo(server.port);
  return workspaceOf(proxy, server, { people, channels: { ...CHANNELS, ...options.channels } });
}

function workspaceOf(
  proxy: SlackProxy,
  server: RunningProcess,
  named: Pick<LocalSlack, "people" | "channels">,
): LocalSlack {
  const uiUrl = `http://127.0.0.1:${proxy.port}/`;
  const { violations, sent, failNext, setUsergroupMembers } = proxy;
  const copy = (group: { readonly users: readonly string[] } & Omit<Usergroup, "users">): Usergroup => ({
    ...group,
    users: [...group.users],
  });
  return {
    ...named,
    ...{ uiUrl, apiUrl: `${uiUrl}api/`, botToken: BOT_TOKEN, appToken: APP_TOKEN, botUserId: BOT.botUserId },
    ...{ violations, sent, failNext, setUsergroupMembers, pid: server.pid },
    usergroups: {
      approvers: copy(USERGROUPS.approvers),
      supporters: copy(USERGROUPS.supporters),
      operators: copy(USERGROUPS.operators),
      payments: copy(USERGROUPS.payments),
      treasury: copy(USERGROUPS.treasury),
    },
    stop: async () => {
      await server.stop();
      await proxy.stop();
    },
  };
}

function localSlackBinary(): string {
  const name = `local-slack-${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;
  try {
    const home = dirname(createRequire(import.meta.url).resolve(`${name}/package.json`));
    const binary = join(home, "bin", process.platform === "win32" ? "local-slack.exe" : "local-slack");
    if (existsSync(binary)) return binary;
  } catch {
    // not installed: said below, with what to do
  }
  throw new Error(
    `The practice Slack workspace is not installed: no package ${name}. Nothing was started. ` +
      "Next step: run `npm install` on Linux x64, or give a real test workspace by SLACK_BOT_TOKEN and SLACK_APP_TOKEN.",
  );
}
