/** How much a secret's move asks of people: nothing special, a technical decision, or a hand. */
export const LANES = ["standard", "complex", "white-glove"] as const;
export type Lane = (typeof LANES)[number];

export const LANE_WORDS: Readonly<Record<Lane, string>> = {
  standard: "Standard",
  complex: "Complex",
  "white-glove": "White-glove",
};

export interface LaneReason {
  /** Stable; docs/lanes.md has it. */
  readonly code: string;
  /** The lane that it leads to. */
  readonly lane: Exclude<Lane, "standard">;
  /** What is so, without a full stop. */
  readonly text: string;
  /** What a person can do, as a sentence. */
  readonly nextStep: string;
  /** True: Glovebox can't move it at all. False: it may be asked for, once somebody has decided. */
  readonly stops: boolean;
}
