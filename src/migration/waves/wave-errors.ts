import { GloveboxError } from "../../errors.ts";
import type { BatchPhase, WavePhase } from "../../store/tables/waves.ts";

// Only names that operators chose (letters, digits, dashes), mentions and numbers go into these words.

export class WaveUnknownError extends GloveboxError {
  readonly code = "WAVE_UNKNOWN";
  readonly userMessage =
    "I don't know that wave or batch, so nothing changed. `glovebox wave status` without a name lists them.";
  constructor() {
    super("no such wave or batch");
  }
}

export class WaveNameTakenError extends GloveboxError {
  readonly code = "WAVE_NAME_TAKEN";
  readonly userMessage: string;
  constructor(name: string) {
    super("a wave of that name exists");
    this.userMessage = `There is a wave \`${name}\` already, so no other was made. Choose another name.`;
  }
}

const PHASE_WORDS: Readonly<Record<WavePhase, string>> = {
  draft: "is a draft that its requester has yet to confirm in Slack",
  open: "is confirmed and not started",
  running: "is running",
  paused: "is paused",
  done: "is done",
  dropped: "was dropped",
  expired: "expired as a draft, for its requester did not send it in time",
  ending: "is being ended",
  ended: "was ended",
};

/** The wave is not where this can be done to it. */
export class WaveNotPossibleError extends GloveboxError {
  readonly code = "WAVE_NOT_POSSIBLE";
  readonly userMessage: string;
  /** @param deed What was tried: `be started`. */
  constructor(name: string, deed: string, state: WavePhase) {
    super(`the wave can't ${deed}: ${state}`);
    this.userMessage = `\`${name}\` can't ${deed}: it ${PHASE_WORDS[state]}. Nothing changed.`;
  }
}

const BATCH_WORDS: Readonly<Record<BatchPhase, string>> = {
  planned: "has not been asked for yet",
  asking: "is still being made",
  waiting: "waits for a decision",
  approving: "was approved, and its requests are being signed one by one",
  rejecting: "was rejected",
  approved: "was approved",
  ended: "has ended",
  rejected: "was rejected",
  expired: "expired without a decision",
  dropped: "was dropped with its wave, which an operator ended",
};

export class BatchNotWaitingError extends GloveboxError {
  readonly code = "BATCH_NOT_WAITING";
  readonly userMessage: string;
  constructor(state: BatchPhase, by: string | null) {
    super(`the batch does not wait: ${state}`);
    const whom = by === null || state === "waiting" ? "" : ` (<@${by}>)`;
    this.userMessage = `This batch ${BATCH_WORDS[state]}${whom}. Your click changed nothing.`;
  }
}

export class BatchChangedError extends GloveboxError {
  readonly code = "BATCH_CHANGED";
  readonly userMessage =
    "This batch was asked for anew after this card was drawn, so your click changed nothing. Look at the sample of its newest card.";
  constructor() {
    super("the batch has another version");
  }
}

export class LookFirstError extends GloveboxError {
  readonly code = "LOOK_FIRST";
  readonly userMessage =
    "Look at the sample first: press *Look at the sample* and go through to its last page, then approve. Nothing changed.";
  constructor() {
    super("this approver has not looked at the sample of this version");
  }
}

/** Nothing of what was chosen can be asked for as it is. */
export class WaveEmptyError extends GloveboxError {
  readonly code = "WAVE_EMPTY";
  readonly userMessage: string;
  constructor(exceptionCount: number) {
    super("no secret of the selection is ready");
    this.userMessage =
      exceptionCount === 0
        ? "No secret of the catalogue fits that selection, so no wave was made. `glovebox plan` shows what there is."
        : `None of the ${exceptionCount} secrets of that selection can be asked for as it is, so no wave was made. \`--exceptions FILE\` lists each with its next step.`;
  }
}
