/** A wave's name, or why it can't be one: it stands in commands, on cards and in what buttons carry. */
export function waveNameFault(name: string): string | null {
  if (/^[a-z0-9][a-z0-9-]{0,39}$/.test(name)) return null;
  return "A wave's name has 1 to 40 small letters, digits and dashes, and begins with a letter or digit.";
}

/** One batch, as a button carries it: `payments-1_2` is the second batch of `payments-1`. */
export function batchId({ wave, number }: { wave: string; number: number }): string {
  return `${wave}_${number}`;
}

/** null: it is no batch's id. */
export function parseBatchId(id: string): { wave: string; number: number } | null {
  const match = /^([a-z0-9][a-z0-9-]{0,39})_(\d{1,6})$/.exec(id);
  return match ? { wave: match[1] ?? "", number: Number(match[2]) } : null;
}
