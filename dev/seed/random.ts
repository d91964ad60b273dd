const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

export interface Random {
  /** A whole number from 0 up to but not including `below`. */
  int(below: number): number;
  pick<T>(from: readonly [T, ...T[]]): T;
  /** True in `percent` of 100 cases. */
  chance(percent: number): boolean;
  /** Random-looking text that counts as a planted value. */
  secret(length: number, prefix?: string): string;
  /** Random bytes as base64; the text counts as a planted value. */
  base64(sizeBytes: number): string;
  /** Every planted value handed out so far. */
  planted: string[];
}

/** The same numbers for the same seed, everywhere: mulberry32, which is small and good enough for practice data. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const int = (below: number): number => Math.floor(next() * below);
  const planted: string[] = [];
  const plant = (value: string): string => {
    planted.push(value);
    return value;
  };
  return {
    int,
    planted,
    pick: (from) => from[int(from.length)] ?? from[0],
    chance: (percent) => int(100) < percent,
    secret: (length, prefix = "") =>
      plant(prefix + Array.from({ length }, () => LETTERS[int(LETTERS.length)]).join("")),
    base64: (sizeBytes) => plant(Buffer.from(Array.from({ length: sizeBytes }, () => int(256))).toString("base64")),
  };
}

/** A seed of its own for each secret, so that one secret does not depend on how many came before. */
export function seedFor(seed: number, index: number): number {
  return (Math.imul(seed, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b)) >>> 0;
}
