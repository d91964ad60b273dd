import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, open, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { type AddressInfo, createServer } from "node:net";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
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
  usergroups: Record<keyof typeof USERGROUPS, Usergroup>;
  /** local-slack's process, for whoever has to clean up after a crash. */
  pid: number;
  stop(): Promise<void>;
}

export interface LocalSlackOptions {
  /** Holds the workspace's config, files and pid. A process that a killed run left there is ended first. */
  runDir: string;
  /** File that local-slack's output is appended to. */
  logTo: string;
  /** More people than the practice bank's six, by a key of your choice. */
  people?: Record<string, Person>;
  /** More channels: name to id (`C…`). */
  channels?: Record<string, string>;
  /** 3,000 as on Slack; more for a debugger. */
  triggerLifeMs?: number;
}

const READY_WITHIN_MS = 15_000;

/**
 * Starts a Slack workspace of an invented bank on this machine, empty, on free ports.
 * @throws Error when there is no local-slack for this platform (with the next step), or when it does not start.
 */
export async function startLocalSlack(options: LocalSlackOptions): Promise<LocalSlack> {
  const { runDir, logTo, triggerLifeMs } = options;
  const binary = localSlackBinary();
  await mkdir(runDir, { recursive: true });
  const configFile = join(runDir, "local-slack.json");
  const pidFile = join(runDir, "local-slack.pid");
  await endLeftOver(pidFile, configFile);

  const people = { ...PEOPLE, ...options.people };
  const channels = { ...CHANNELS, ...options.channels };
  await writeFile(configFile, JSON.stringify(workspaceConfig(Object.values(people), options.channels), null, 2));

  const proxy = await startSlackProxy({
    usergroups: Object.values(USERGROUPS).map((group) => ({ ...group, users: [...group.users] })),
    ...(triggerLifeMs === undefined ? {} : { triggerLifeMs }),
  });
  const port = await freePort();
  const log = await open(logTo, "a");
  const args = ["--config", configFile, "--port", String(port), "--base-host", proxy.baseHost];
  const child = spawn(binary, [...args, "--files-dir", join(runDir, "slack-files")], {
    stdio: ["ignore", log.fd, log.fd],
  });
  child.on("error", () => undefined); // seen as "never became ready" below
  const stop = async (): Promise<void> => {
    await end(child);
    await proxy.stop();
    await rm(pidFile, { force: true });
  };
  await log.close();
  proxy.forwardTo(port);
  if (!child.pid || !(await isReady(child, port))) {
    await stop();
    throw new Error(`local-slack did not start within ${READY_WITHIN_MS / 1000} s. Its own words are in ${logTo}.`);
  }
  await writeFile(pidFile, String(child.pid));

  const uiUrl = `http://127.0.0.1:${proxy.port}/`;
  const { violations, sent, failNext, setUsergroupMembers } = proxy;
  return {
    ...{ uiUrl, apiUrl: `${uiUrl}api/`, botToken: BOT_TOKEN, appToken: APP_TOKEN, botUserId: BOT.botUserId },
    ...{ people, channels, pid: child.pid, stop, violations, sent, failNext, setUsergroupMembers },
    usergroups: {
      approvers: { ...USERGROUPS.approvers, users: [...USERGROUPS.approvers.users] },
      supporters: { ...USERGROUPS.supporters, users: [...USERGROUPS.supporters.users] },
      operators: { ...USERGROUPS.operators, users: [...USERGROUPS.operators.users] },
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

/** Ends what a run that was killed left behind, if that pid is still the process which used this config. */
async function endLeftOver(pidFile: string, configFile: string): Promise<void> {
  const pid = Number(await readFile(pidFile, "utf8").catch(() => ""));
  if (!pid) return;
  const commandLine = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
  if (commandLine.includes(configFile)) process.kill(pid, "SIGKILL");
  await rm(pidFile, { force: true });
}

async function isReady(child: ChildProcess, port: number): Promise<boolean> {
  const deadline = Date.now() + READY_WITHIN_MS;
  while (child.exitCode === null && Date.now() < deadline) {
    const answer = await fetch(`http://127.0.0.1:${port}/_control/state`).catch(() => undefined);
    if (answer?.ok) return true;
    await delay(50);
  }
  return false;
}

async function end(child: ChildProcess): Promise<void> {
  if (!child.pid || child.exitCode !== null || child.signalCode !== null) return;
  const exited = new Promise((done) => child.once("exit", done));
  child.kill("SIGTERM");
  const forced = setTimeout(() => child.kill("SIGKILL"), 2_000);
  await exited;
  clearTimeout(forced);
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((listening) => {
    server.listen(0, "127.0.0.1", listening);
  });
  const { port } = server.address() as AddressInfo;
  await new Promise((closed) => server.close(closed));
  return port;
}
