import type { LaneLimits } from "../migration/lane-of.ts";
import { judgeLanes } from "../migration/lanes/judge-lanes.ts";
import { isJudgementDue } from "../migration/lanes/judgement-due.ts";
import { lookAtRings } from "./loop.ts";
import type { Base } from "./open-base.ts";

const LOOK = { channels: ["control"], everyMs: 60_000, what: "a look at the lanes" } as const;

/**
 * Judges the lanes once at the start, as the rules may be others, and from then on whenever there is newer evidence.
 * @returns Judges them at once, after a crawl.
 */
export function keepLanes({ store, now, log, onClose, doorbell }: Base, limits: LaneLimits): () => Promise<void> {
  const judge = async (): Promise<void> => {
    const { entryCount, tookMs } = await judgeLanes({ store, limits, now });
    log.info({ entryCount, tookMs }, "judged the lanes");
  };
  let isFirst = true;
  const look = async (): Promise<void> => {
    if (isFirst || (await isJudgementDue(store, now()))) await judge();
    isFirst = false;
  };
  const looking = lookAtRings({ doorbell, log }, LOOK, look);
  onClose(() => looking.stop());
  return judge;
}
