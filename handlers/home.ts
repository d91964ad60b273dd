import type { App } from "@slack/bolt";
import type { RequestState } from "../src/migration/request-state.ts";
import type { WaitingBatch } from "../src/migration/waves/list-waiting-batches.ts";
import { homeView } from "../src/slack/home-view.ts";
import type { RequestStatus } from "../src/store/tables/requests.ts";
import { describeFailure } from "./explain-failures.ts";
import type { Reporting } from "./reporting.ts";

export interface HomeDeps extends Reporting {
  /** Newest first. */
  listRequestStates(filter: {
    requester?: string;
    statuses?: readonly RequestStatus[];
  }): Promise<readonly RequestState[]>;
  listWaitingBatches(): Promise<readonly WaitingBatch[]>;
  /** For what is offered only: at the click it is asked again. */
  isApprover(userId: string): Promise<boolean>;
}

/** The Home tab, drawn anew whenever somebody opens it. */
export function registerHome(app: App, deps: HomeDeps): void {
  app.event("app_home_opened", async ({ event }) => {
    if (event.tab !== "home") return;
    // Nobody can be answered here, so a failure goes to the log alone and the tab stays as it was.
    await publish(deps, event.user).catch((error: unknown) => {
      deps.log.warn(describeFailure(error), "the Home tab was not drawn");
    });
  });
}

async function publish(
  { desk, listRequestStates, listWaitingBatches, isApprover, now }: HomeDeps,
  userId: string,
): Promise<void> {
  const mine = await listRequestStates({ requester: userId });
  const mayDecide = await isApprover(userId).catch(() => false);
  const waiting = mayDecide ? await listRequestStates({ statuses: ["waiting"] }) : [];
  const waitingForMe = waiting.filter(({ requester }) => requester !== userId);
  const batches = mayDecide ? await listWaitingBatches() : [];
  const batchesForMe = batches.filter(({ requester }) => requester !== userId);
  await desk.publishHome(userId, homeView({ mine, waitingForMe, batchesForMe, now: now() }));
}
