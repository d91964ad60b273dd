import { Command } from "commander";
import { allowAgain } from "../approvals/allow-again.ts";
import { BadConfigError } from "../config.ts";
import { withStore } from "../wiring/from-environment.ts";
import { readSigner } from "../wiring/read-keys.ts";

/** `glovebox allow-again`: an operator's signed word for one further move of a finished version. */
export function allowAgainCommand(operator: () => string, print: (line: string) => void): Command {
  return new Command("allow-again")
    .description("let what a finished request moved be moved once more, signed with your OPERATOR_KEY_FILE")
    .argument("<request>")
    .requiredOption("--reason <text>", "for the audit trail")
    .action((request: string, options: { reason: string }) =>
      withStore(async (store) => {
        const reason = options.reason.trim();
        if (reason === "" || reason.length > 500) throw new BadConfigError(["--reason takes 1 to 500 characters"]);
        const { OPERATOR_KEY_FILE: file } = process.env;
        if (!file) throw new BadConfigError(["OPERATOR_KEY_FILE is not set"]);
        const deps = { store, signer: readSigner("OPERATOR_KEY_FILE", file), now: () => new Date() };
        const { vaultVersion } = await allowAgain(deps, { requestId: request.toUpperCase(), by: operator(), reason });
        const what = vaultVersion === null ? "that secret" : `version ${vaultVersion} of that secret`;
        print(
          `Allowed: ${what} may be moved once more, if bot and worker know your key (OPERATOR_PUBLIC_KEY_FILES). Nothing moves before somebody asks and an approver says yes.`,
        );
      }),
    );
}
