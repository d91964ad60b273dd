import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { onTestFinished } from "vitest";

/** Runs a module of this folder in a process of its own, until it has printed one line of JSON. */
export async function runFixture(file: string, ...args: string[]): Promise<{ child: ChildProcess; said: unknown }> {
  const path = new URL(`./${file}`, import.meta.url).pathname;
  const child = spawn(process.execPath, [path, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  const lines = createInterface({ input: child.stdout });
  const [line] = (await Promise.race([once(lines, "line"), once(child, "exit")])) as [unknown];
  if (typeof line !== "string") throw new Error(`${file} ended (${String(line)}) before it said anything`);
  return { child, said: JSON.parse(line) };
}

/** Ends it as a power cut would, and waits until it is gone. */
export async function killHard(child: ChildProcess): Promise<void> {
  const exited = once(child, "exit");
  child.kill("SIGKILL");
  await exited;
}
