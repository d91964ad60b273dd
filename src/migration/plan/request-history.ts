import { isSameVersion, OPEN_STATUSES } from "../../approvals/one-request-per-secret.ts";
import type { RequestStatus } from "../../store/tables/requests.ts";
import type { PlanReason } from "./plan-row.ts";

/** What was asked for and done for one entry before. */
export interface RequestHistory {
  /** The newest first. */
  readonly requests: readonly { readonly id: string; readonly status: RequestStatus }[];
  /** Finished and not undone; `vaultVersion` is null on KV v1. */
  readonly moves: readonly { readonly requestId: string; readonly vaultVersion: number | null }[];
}

export const NO_HISTORY: RequestHistory = { requests: [], moves: [] };

/** What the newest request asks of the plan when nothing is under way and nothing was moved. */
const BY_STATUS: Partial<Record<RequestStatus, (id: string) => PlanReason>> = {
  failed: (id) => ({
    code: "LAST_MIGRATION_FAILED",
    effect: "decide",
    text: `Its last migration failed. \`glovebox status ${id}\` says why: put that right and press Retry, or ask for it again.`,
  }),
  rejected: (id) => ({
    code: "REQUEST_REJECTED",
    effect: "decide",
    text: `An approver rejected ${id}. Look at the reason there before anybody asks again.`,
  }),
  undone: (id) => ({
    code: "MIGRATION_UNDONE",
    effect: "decide",
    text: `It was moved and taken back (${id}). Ask who ordered that whether it may be moved again.`,
  }),
  expired: (id) => ({
    code: "REQUEST_EXPIRED",
    effect: "note",
    text: `Nobody decided on ${id} in time. It can be asked for again.`,
  }),
  withdrawn: (id) => ({
    code: "REQUEST_WITHDRAWN",
    effect: "note",
    text: `Its requester withdrew ${id}. It can be asked for again.`,
  }),
};

/** What earlier requests and moves say of an entry that now has `currentVersion` (null on KV v1). */
export function historyReasons({ requests, moves }: RequestHistory, currentVersion: number | null): PlanReason[] {
  const open = requests.find(({ status }) => OPEN_STATUSES.includes(status));
  if (open) {
    const text = `${open.id} is under way (${open.status}). \`glovebox status ${open.id}\` says what comes next.`;
    return [{ code: "REQUEST_UNDER_WAY", effect: "skip", text }];
  }
  const same = moves.find(({ vaultVersion }) => isSameVersion(vaultVersion, currentVersion));
  if (same) {
    const text = `${same.requestId} moved what Vault has now. \`glovebox receipt ${same.requestId}\` prints the proof.`;
    return [{ code: "ALREADY_MIGRATED", effect: "skip", text }];
  }
  const [older] = moves;
  const [latest] = requests;
  const moved: PlanReason[] = older
    ? [
        {
          code: "VERSION_MOVED_ON",
          effect: "decide",
          text: `${older.requestId} moved version ${older.vaultVersion}, Vault now has ${currentVersion}. Ask its owner whether it must be moved again, which needs a new approval.`,
        },
      ]
    : [];
  const last = latest && BY_STATUS[latest.status]?.(latest.id);
  return last ? [...moved, last] : moved;
}
