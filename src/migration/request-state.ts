import type { RequestContent } from "../approvals/content.ts";
import type { MigrationState, TargetConflict } from "../store/tables/migrations.ts";
import type { ContentChange, RequestStatus } from "../store/tables/requests.ts";
import type { TagOverflow } from "./custom-metadata-tags.ts";
import type { LaneReason } from "./lanes/lane.ts";
import type { TargetWriteKind } from "./write-list.ts";

/** All that a card, a command or a page may show of one request: read from our tables, never from Slack. */
export interface RequestState {
  readonly id: string;
  readonly version: number;
  readonly status: RequestStatus;
  readonly entryId: number;
  readonly requester: string;
  readonly content: RequestContent;
  /** The version of the secret that an approval would cover; null for KV v1. */
  readonly vaultVersion: number | null;
  /** How this version differs from the one before; empty for a first version. */
  readonly changes: readonly ContentChange[];
  /** What of Vault's custom metadata AWS gets not as a tag; null: all that the rules choose goes along. */
  readonly overflow: TagOverflow | null;
  readonly createdAt: Date;
  readonly changedAt: Date;
  readonly expiresAt: Date;
  /** Why its move needs more than a request and a yes, as judged last; empty for the standard lane. */
  readonly laneReasons: readonly LaneReason[];
  readonly decision: RequestDecision | null;
  readonly migration: MigrationProgress | null;
  /** One sentence: what happens next, or who must do what. */
  readonly nextStep: string;
}

export interface RequestDecision {
  readonly verdict: "approve" | "reject";
  readonly by: string;
  readonly reason: string | null;
  readonly at: Date;
}

export interface WrittenTarget {
  readonly name: string;
  readonly arn: string;
  /** The version with AWSCURRENT. */
  readonly versionId: string;
  readonly kind: TargetWriteKind;
  /** Was somebody else's. */
  readonly isAdopted: boolean;
  /** Versions beside the current one. */
  readonly olderVersions: number;
}

/** The newest attempt. */
export interface MigrationProgress {
  readonly id: string;
  readonly attempt: number;
  readonly state: MigrationState;
  readonly causeCode: string | null;
  /** What happened and what did not, for people. */
  readonly causeText: string | null;
  readonly vaultVersion: number | null;
  /** What was written and verified; empty before. */
  readonly targets: readonly WrittenTarget[];
  /** Older versions that were asked for and that Vault no longer had. */
  readonly skippedVersions: number;
  /** The target that was met and is somebody else's: what a person needs to decide. */
  readonly conflict: TargetConflict | null;
  readonly leaseOpenedAt: Date | null;
  readonly leaseClosedAt: Date | null;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
  /** It waits for something that passes, and goes on by itself at this time; null while it does not wait. */
  readonly triesAgainAt: Date | null;
  /** Finished and not yet undone: an approver may order the undo. */
  readonly canUndo: boolean;
  /** Failed, and the approval is still valid: the same approval may be carried out again. */
  readonly canRetry: boolean;
}
