import { Command } from "commander";
import { askUndo } from "../approvals/ask-undo.ts";
import { BadConfigError } from "../config.ts";
import { withStore } from "../wiring/from-environment.ts";

/** `glovebox undo`: asks the approvers, who alone can order it. */
export function undoCommand(operator: () => string, print: (line: string) => void): Command {
  return new Command("undo")
    .description("ask the approvers to undo a finished request: they get your reason with the button that orders it")
    .argument("<request>", "RQ-1001")
    .requiredOption("--reason <text>", "for the approvers and the audit trail")
    .action((request: string, options: { reason: string }) =>
      withStore(async (store) => {
        const requestId = request.toUpperCase();
        const reason = options.reason.trim();
        const faults = [
          ...(/^RQ-\d+$/.test(requestId) ? [] : [`${request} is no request's number, such as RQ-1001`]),
          ...(reason === "" || reason.length > 500 ? ["--reason takes 1 to 500 characters"] : []),
        ];
        if (faults.length > 0) throw new BadConfigError(faults);
        await askUndo({ store, now: () => new Date() }, { requestId, by: operator(), reason });
        print(
          `Nothing is undone yet: a terminal can't sign. The approvers are asked in their channel, with your reason.`,
        );
        print(
          `Once one of them presses Undo, the worker takes ${requestId} back. Follow it: glovebox status ${requestId}`,
        );
      }),
    );
}
