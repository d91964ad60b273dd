/** A secret that was chosen and can't be part of the wave: why, and what to do about it. */
export interface WaveException {
  /** `line 12` of the file that names it, or "". */
  readonly place: string;
  /** `mount/path`, exactly. */
  readonly name: string;
  readonly code: string;
  readonly reason: string;
  readonly nextStep: string;
}
