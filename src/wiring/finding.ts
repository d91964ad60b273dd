/** One thing that doctor looked at, in a line for people. */
export interface Finding {
  /** null: it can't be told from here. */
  readonly ok: boolean | null;
  readonly text: string;
}
