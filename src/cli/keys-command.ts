import { Argument, Command } from "commander";
import type { ReSigned } from "../approvals/re-sign-requests.ts";
import { loadApprovalKeyFile } from "../config.ts";
import { createKeys } from "./keys.ts";
import { ROTATED, type Rotated, rotateKey } from "./rotate-key.ts";

// Loaded where they are needed: who makes keys needs no database.
const environment = () => import("../wiring/from-environment.ts");

const FOLDER = ".glovebox/keys";

/** `glovebox keys`: make them, change them with both in force for a while, see what rests on which, live on without one. */
export function keysCommand(operator: () => string, print: (line: string) => void): Command {
  const keys = new Command("keys")
    .description("make the signing keys and the digest key")
    .argument("[folder]", "where they go", FOLDER)
    .action((folder: string) => {
      for (const line of createKeys(folder).lines) print(line);
    });
  keys
    .command("rotate")
    .description("make the next key of a kind, and say in which order to bring it in while the old one still counts")
    .addArgument(new Argument("<kind>").choices(ROTATED))
    .argument("[folder]", "where it goes", FOLDER)
    .action((kind: Rotated, folder: string) => {
      for (const line of rotateKey(kind, folder)) print(line);
    });
  keys
    .command("used")
    .description("what rests on which key, so that you know which may be dropped")
    .action(async () => {
      const { keysForTerminal } = await import("./keys-used.ts");
      await (await environment()).withStore(async (store) => (await keysForTerminal(store)).lines.forEach(print));
    });
  keys
    .command("re-sign")
    .description("after the approval key was lost: sign open requests with the new one (APPROVAL_KEY_FILE)")
    .requiredOption("--old <files>", "public keys that signed before, with commas: only what they signed is taken over")
    .requiredOption("--reason <text>", "for the audit trail")
    .action(async ({ old, reason }: { old: string; reason: string }) =>
      (await environment()).withStore(async (store) => {
        const { reSignRequests } = await import("../approvals/re-sign-requests.ts");
        const { readKeyring, readSigner } = await import("../wiring/read-keys.ts");
        const signer = readSigner("APPROVAL_KEY_FILE", loadApprovalKeyFile(process.env));
        const oldKeyring = readKeyring("--old", old.split(","));
        const deps = { store, signer, oldKeyring, now: () => new Date() };
        for (const line of saidOf(await reSignRequests(deps, { by: operator(), reason }))) print(line);
      }),
    );
  return keys;
}

function saidOf({ waiting, askedAgain, refused, underWay }: ReSigned): string[] {
  const lines = [
    [waiting, "signed anew; they wait for the approvers as before"],
    [askedAgain, "were approved under the old key: the approvers are asked again"],
    [refused, "are not what the old key signed, so nothing of them moves: ask for them anew"],
    [underWay, "are under way: run this again when they have ended"],
  ] as const;
  const said = lines.flatMap(([ids, what]) => (ids.length === 0 ? [] : [`${ids.length} ${what}: ${ids.join(", ")}`]));
  return said.length === 0 ? ["Every open request is signed with this key already; nothing was changed."] : said;
}
