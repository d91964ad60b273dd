import type { TargetRef } from "../../approvals/content.ts";
import { runBounded } from "../../catalog/run-bounded.ts";
import { codeOf } from "../../errors.ts";
import type { Store } from "../../store/open-store.ts";
import { takenFaults } from "../preflight.ts";
import type { PreflightFault } from "../preflight-fault.ts";
import type { SecretTarget } from "../secret-target.ts";

export interface NameLookUpDeps {
  /** Not inside a transaction: the looks run side by side. */
  readonly store: Store;
  readonly target: Pick<SecretTarget, "describe">;
  /** The value of INSTALLATION_TAG on targets that are ours. */
  readonly installation: string;
  /** Calls to AWS under way at once. */
  readonly concurrency: number;
}

export interface LookUpReport {
  /** Calls that AWS answered. */
  readonly answered: number;
  readonly unanswered: number;
  /** Why AWS did not answer, the last time. */
  readonly lastErrorCode: string | null;
  /** AWS failed too often in a row before these, so they were not asked about. */
  readonly leftOut: number;
}

export interface NameLookUp {
  /** @returns Faults by entry; an entry that was not looked up is missing. */
  ask(
    wishes: Iterable<{ entryId: number; target: TargetRef }>,
  ): Promise<ReadonlyMap<number, readonly PreflightFault[]>>;
  report(): LookUpReport;
}

/** Each call has repeats of its own below; so many failures in a row are no hiccup. */
const GIVE_UP_AFTER = 20;

/** DescribeSecret for each name: one call each, where ListSecrets may be five minutes old. */
export function nameLookUp({ store, target, installation, concurrency }: NameLookUpDeps): NameLookUp {
  let [answered, unanswered, leftOut, failedInARow] = [0, 0, 0, 0];
  let lastErrorCode: string | null = null;
  const describe: SecretTarget["describe"] = async (wanted) => {
    try {
      return await target.describe(wanted);
    } catch (error) {
      lastErrorCode = codeOf(error);
      throw error;
    }
  };
  return {
    async ask(wishes) {
      const found = new Map<number, readonly PreflightFault[]>();
      await runBounded(wishes, concurrency, async (wish) => {
        if (failedInARow >= GIVE_UP_AFTER) {
          leftOut += 1;
          return;
        }
        const faults = await takenFaults({ store, target: { describe }, installation }, wish);
        const isAnswer = !faults.some(({ code }) => code === "TARGET_NOT_CHECKED");
        failedInARow = isAnswer ? 0 : failedInARow + 1;
        if (isAnswer) answered += 1;
        else unanswered += 1;
        found.set(wish.entryId, faults);
      });
      return found;
    },
    report: () => ({ answered, unanswered, lastErrorCode, leftOut }),
  };
}
