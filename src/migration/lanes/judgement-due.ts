import { coverageOf } from "../../catalog/usage/coverage.ts";
import type { Store } from "../../store/open-store.ts";
import { lastJudgement } from "./judge-lanes.ts";

/** A log that is followed changes all the time; a lane rests on days of it. */
const NEW_EVIDENCE_AFTER_MS = 10 * 60_000;

/** Whether there is something that the lanes were not judged by: a newer crawl, or more of the audit log. */
export async function isJudgementDue(store: Store, now: Date): Promise<boolean> {
  const last = await lastJudgement(store);
  if (last === null) return true;
  const { judgedAt, evidence } = last;
  const { crawledAt, readAt } = await store
    .selectNoFrom(({ selectFrom }) => [
      selectFrom("crawl")
        .select(({ fn }) => fn.max("finishedAt").as("at"))
        .as("crawledAt"),
      selectFrom("usageSource")
        .select(({ fn }) => fn.max("changedAt").as("at"))
        .as("readAt"),
    ])
    .executeTakeFirstOrThrow();
  if (crawledAt !== null && crawledAt > judgedAt) return true;
  if (readAt === null || readAt <= judgedAt) return false;
  if (evidence === null || now.getTime() - judgedAt.getTime() >= NEW_EVIDENCE_AFTER_MS) return true;
  const coverage = await coverageOf(store, now);
  return coverage !== null && coverage.from < evidence.from; // an older log was imported
}
