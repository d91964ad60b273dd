/** The four counts of a run: each entry is one finding, in words, without a value. */
export interface Findings {
  /** Said to be done and not in AWS as it must be; or never ended; or Vault was changed. */
  readonly lost: string[];
  /** Written or finished more than once. */
  readonly doubled: string[];
  /** What could still be used, though nothing runs. */
  readonly leftover: string[];
  /** A planted value, or a credential, where none may be. */
  readonly leaked: string[];
}

export const noFindings = (): Findings => ({ lost: [], doubled: [], leftover: [], leaked: [] });

export function addFindings(to: Findings, more: Findings): void {
  for (const kind of ["lost", "doubled", "leftover", "leaked"] as const) to[kind].push(...more[kind]);
}
