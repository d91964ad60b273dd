import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Credentials } from "../vault/setup/credentials.ts";
import type { StandingRole } from "../vault/setup/role-objects.ts";

/** Each process's login and no other: whoever holds both can approve and move. */
const FILE_OF: Record<StandingRole, string> = { catalog: "bot.env", gate: "bot.env", admin: "worker.env" };

/**
 * Writes logins into `folder`, readable by their owner alone. What the files hold for other roles stays.
 * @returns The files that were written.
 */
export function writeCredentials(folder: string, credentials: ReadonlyMap<StandingRole, Credentials>): string[] {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const files = [...new Set([...credentials.keys()].map((role) => FILE_OF[role]))].map((name) => join(folder, name));
  for (const file of files) {
    const ofFile = [...credentials].filter(([role]) => join(folder, FILE_OF[role]) === file);
    const kept = linesOf(file).filter((line) => !ofFile.some(([role]) => line.startsWith(`${variable(role)}_`)));
    const lines = ofFile.flatMap(([role, { roleId, secretId }]) => [
      `${variable(role)}_ROLE_ID=${roleId}`,
      `${variable(role)}_SECRET_ID=${secretId.reveal()}`,
    ]);
    // Whole or not at all: a run may be killed here.
    writeFileSync(`${file}.new`, `${[...kept, ...lines].join("\n")}\n`, { mode: 0o600 });
    renameSync(`${file}.new`, file);
  }
  return files;
}

const variable = (role: StandingRole): string => `VAULT_${role.toUpperCase()}`;

function linesOf(file: string): string[] {
  return existsSync(file)
    ? readFileSync(file, "utf8")
        .split("\n")
        .filter((line) => line !== "")
    : [];
}
