import { onPath } from "./cache-places.mjs";
import { runCommand } from "./run-command.mjs";

const OLDEST_VAULT = [1, 15, 0];

/** The full path of an installed `vault` that is new enough, or undefined: a person's own goes before our build. */
export async function vaultOnPath() {
  const vault = onPath("vault");
  return vault !== undefined && (await isAtLeast(vault, ["version"], OLDEST_VAULT)) ? vault : undefined;
}

/** Whether a program's own words name a version that is new enough ("Vault v1.21.0 …", "go version go1.25.1 …"). */
export async function isAtLeast(program, args, oldest) {
  const { ok, output } = await runCommand(program, args);
  const found = /(\d+)\.(\d+)(?:\.(\d+))?/.exec(output);
  if (!ok || !found) return false;
  const version = found.slice(1).map((part) => Number(part ?? 0));
  const differing = oldest.findIndex((part, index) => version[index] !== part);
  return differing === -1 || version[differing] > oldest[differing];
}
