import { isSameVersion, OPEN_STATUSES } from "../../approvals/one-request-per-secret.ts";
import type { RequestStatus } from "../../store/tables/requests.ts";
import type { PlanReason } from "./plan-row.ts";

/** What was asked for and done for one entry before. */
export interface RequestHistory {
  /** The newest first. */
  readonly requests: readonly { readonly id: string; readonly status: RequestStatus }[];
  /** Finished and not undone. */
  readonly moves: readonly PastMove[];
}

export interface PastMove {
  readonly requestId: string;
  /** null on KV v1. */
  readonly vaultVersion: number | null;
  /** An operator's word for one further move is there, and not used up. Intake, gate and worker check its signature. */
  readonly isAllowedAgain: boolean;
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
  const same = moves.filter(({ vaultVersion }) => isSameVersion(vaultVersion, currentVersion));
  const allowed = same.find(({ isAllowedAgain }) => isAllowedAgain);
  const [newest] = same;
  if (newest && !allowed) {
    const { requestId } = newest;
    const text = `${requestId} moved what Vault has now. \`glovebox receipt ${requestId}\` prints the proof.`;
    return [{ code: "ALREADY_MIGRATED", effect: "skip", text }];
  }
  const [older] = moves;
  const [latest] = requests;
  const moved = allowed ? allowedAgain(allowed) : older && movedOn(older, currentVersion);
  const last = latest && BY_STATUS[latest.status]?.(latest.id);
  return [moved, last].filter((reason) => reason !== undefined);
}

const allowedAgain = ({ requestId }: PastMove): PlanReason => ({
  code: "MOVE_ALLOWED_AGAIN",
  effect: "note",
  text: `${requestId} moved it, and an operator allowed one further move. It can be asked for again.`,
});

const movedOn = ({ requestId, vaultVersion }: PastMove, currentVersion: number | null): PlanReason => ({
  code: "VERSION_MOVED_ON",
  effect: "decide",
  text: `${requestId} moved version ${vaultVersion}, Vault now has ${currentVersion}. Ask its owner whether it must be moved again, which needs a new approval.`,
});
