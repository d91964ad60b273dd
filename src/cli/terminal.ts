import { userInfo } from "node:os";

/** Who runs this command, for the audit trail. */
export const operator = (): string => `operator:${userInfo().username}`;
export const print = (line: string): void => void process.stdout.write(`${line}\n`);
export const complain = (line: string): void => void process.stderr.write(`${line}\n`);

/** Prints an answer; one that is not good ends with exit code 1. */
export function show({ ok, lines }: { ok: boolean; lines: readonly string[] }): void {
  for (const line of lines) print(line);
  if (!ok) process.exitCode = 1;
}
