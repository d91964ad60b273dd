import type { PlanRow } from "../plan/plan-row.ts";

/** Which secrets an operator wants; every word of it must fit. */
export interface WaveFilter {
  readonly namespace?: string;
  readonly mount?: string;
  readonly path?: string;
  readonly owner?: string;
  readonly lane?: string;
  readonly engine?: string;
}

const WORDS = ["namespace", "mount", "path", "owner", "lane", "engine"] as const;
type Word = (typeof WORDS)[number];
const isWord = (word: string): word is Word => (WORDS as readonly string[]).includes(word);

/**
 * Reads `mount=secret path=payments/* owner="team a"`. A star at the end fits whatever follows; elsewhere it is a star.
 * @returns The filter, or every fault of the text in people's words.
 */
export function parseWaveFilter(text: string): { filter: WaveFilter } | { faults: string[] } {
  const filter: Partial<Record<Word, string>> = {};
  const faults: string[] = [];
  for (const part of text.match(/(?:[^\s"]|"[^"]*"?)+/g) ?? []) {
    const [, word = "", given = ""] = /^([^=]*)=?(.*)$/s.exec(part) ?? [];
    if (!part.includes("=") || !isWord(word)) {
      faults.push(`"${part}": say one of ${WORDS.map((one) => `${one}=…`).join(" ")}.`);
    } else if ((given.match(/"/g) ?? []).length % 2 === 1) {
      faults.push(`"${part}": a quotation mark has no partner.`);
    } else if (filter[word] !== undefined) {
      faults.push(`"${word}" is said twice; make two waves, or name the secrets in a file.`);
    } else if (given.replaceAll('"', "") === "" && word !== "namespace") {
      faults.push(`"${word}=" says nothing.`);
    } else {
      filter[word] = given.replaceAll('"', "");
    }
  }
  if (faults.length === 0 && Object.keys(filter).length === 0) faults.push("The filter is empty.");
  return faults.length > 0 ? { faults } : { filter };
}

/** Everything but the owner, which the plan does not know. Mounts of other engines fit by their mount. */
export function fitsFilter(
  { namespace, mount, path, lane, engine }: WaveFilter,
  row: Pick<PlanRow, "namespace" | "mount" | "path" | "lane" | "engine">,
): boolean {
  return (
    fits(namespace, row.namespace) &&
    fits(mount, row.mount) &&
    fits(path, row.path) &&
    fits(lane, row.lane) &&
    fits(engine, row.engine)
  );
}

export function fits(wanted: string | undefined, value: string): boolean {
  if (wanted === undefined) return true;
  return wanted.endsWith("*") ? value.startsWith(wanted.slice(0, -1)) : value === wanted;
}
