import type { App } from "@slack/bolt";
import type { ProgressReport } from "../src/migration/progress/count-progress.ts";
import { ACTION } from "../src/slack/action-ids.ts";
import type { Message } from "../src/slack/blocks.ts";
import { progressMessage } from "../src/slack/progress-message.ts";
import { onClick } from "./clicks.ts";
import type { Reporting } from "./reporting.ts";

export interface ProgressDeps extends Reporting {
  countProgress(): Promise<ProgressReport>;
}

/** The answer to `/secrets progress`. */
export async function answerProgress({ countProgress }: Pick<ProgressDeps, "countProgress">): Promise<Message> {
  return progressMessage(await countProgress());
}

/** The pages of its teams, counted anew at each press. */
export function registerProgress(app: App, deps: ProgressDeps): void {
  for (const action of [ACTION.progressMore, ACTION.progressPrevious]) {
    onClick(app, deps, action, async ({ answer, value }) =>
      answer(progressMessage(await deps.countProgress(), value.version)),
    );
  }
}
