/** One thing that doctor looked at, in a line for people. */
export interface Finding {
  readonly ok: boolean;
  readonly text: string;
}
