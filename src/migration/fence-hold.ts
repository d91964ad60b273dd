import type { Store } from "../store/open-store.ts";
import { assertFence, type Fence, renewFence } from "./fence.ts";

/** So long a look at the fence counts: less than one call to AWS may take. */
const LOOK_LASTS_MS = 500;

/** A fence in the hands of this process, and what that knows of it without asking. */
export class FenceHold implements Fence {
  readonly number: number;
  readonly leftAdminAccessor: string | null;
  /** Given back by the commit that ended the work. */
  isGivenBack = false;
  readonly #seconds: number;
  /** The last time that the database said it is ours. */
  #seen: Moment;
  /** Nobody can take it before: from then on the deadline may have passed. */
  #safeUntilMs: number;

  /** @param askedAt When the fence was asked for: the deadline was set later than that. */
  constructor({ number, leftAdminAccessor }: Fence, seconds: number, askedAt: Moment) {
    this.number = number;
    this.leftAdminAccessor = leftAdminAccessor;
    this.#seconds = seconds;
    this.#seen = askedAt;
    this.#safeUntilMs = askedAt.uptimeMs + seconds * 1_000;
  }

  /** Moves the deadline on. @throws {FenceLostError} */
  async renew(store: Store): Promise<void> {
    const askedAt = momentNow();
    await renewFence(store, this.number, this.#seconds);
    this.#safeUntilMs = askedAt.uptimeMs + this.#seconds * 1_000;
    this.#seen = askedAt;
  }

  /** A commit that needs the fence went through. @param askedAt Before it was sent. */
  sawHeld(askedAt: Moment): void {
    this.#seen = askedAt;
  }

  /**
   * Before each change in AWS. A worker that was stopped since the last look, alone or with its machine, looks again.
   * @throws {FenceLostError}
   */
  async assertHeld(store: Store): Promise<void> {
    const askedAt = momentNow();
    // Two clocks, for one stands still while a machine is suspended, and the other may be set back.
    const clockMs = askedAt.clockMs - this.#seen.clockMs;
    const isFresh = askedAt.uptimeMs - this.#seen.uptimeMs < LOOK_LASTS_MS && clockMs >= 0 && clockMs < LOOK_LASTS_MS;
    if (isFresh && askedAt.uptimeMs < this.#safeUntilMs) return;
    await assertFence(store, this.number);
    this.#seen = askedAt;
  }
}

export interface Moment {
  readonly uptimeMs: number;
  readonly clockMs: number;
}

export function momentNow(): Moment {
  return { uptimeMs: performance.now(), clockMs: Date.now() };
}
