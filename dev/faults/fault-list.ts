/** What a front can do to a call instead of, or around, passing it on. */
export type Fault =
  /** Answered by the front; the server never hears of the call. */
  | { readonly does: "answer"; readonly answer: FrontAnswer }
  /** Passed on after `delayMs`; also when the caller has given up by then, as a slow server would. */
  | { readonly does: "delay"; readonly delayMs: number }
  /** The connection is cut before the server hears of the call. */
  | { readonly does: "cut" }
  /** The server carries the call out; its answer is dropped and the connection cut. */
  | { readonly does: "lose-answer" }
  /** The server carries the call out; the connection is cut in the middle of its answer's body. */
  | { readonly does: "halve-answer" };

export interface FrontAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface FaultTiming {
  /** The first matching call that it strikes, counted from now: 1 (the default) is the next one. */
  readonly nth?: number;
  /** How many matching calls in a row it strikes; 1 unless told, Infinity until cleared. */
  readonly times?: number;
}

interface Pending<Call> {
  readonly matches: (call: Call) => boolean;
  readonly fault: (call: Call) => Fault;
  passesLeft: number;
  strikesLeft: number;
}

/** Faults in wait. Each counts the calls it matches for itself; the first in order that is due strikes. */
export class FaultList<Call> {
  #pending: Pending<Call>[] = [];

  add(matches: (call: Call) => boolean, fault: (call: Call) => Fault, { nth = 1, times = 1 }: FaultTiming): void {
    this.#pending.push({ matches, fault, passesLeft: nth - 1, strikesLeft: times });
  }

  clear(): void {
    this.#pending = [];
  }

  /** Call it once for every call; it counts. */
  next(call: Call): Fault | undefined {
    let struck: Pending<Call> | undefined;
    for (const each of this.#pending.filter(({ matches }) => matches(call))) {
      if (each.passesLeft > 0) each.passesLeft -= 1;
      else struck ??= each;
    }
    if (!struck) return undefined;
    struck.strikesLeft -= 1;
    this.#pending = this.#pending.filter(({ strikesLeft }) => strikesLeft > 0);
    return struck.fault(call);
  }
}
