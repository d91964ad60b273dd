import type { Finding } from "./finding.ts";

/** What doctor prints: a line for each finding, and the sum, which claims nothing of what could not be told. */
export function doctorLines(findings: readonly Finding[]): { readonly isRight: boolean; readonly lines: string[] } {
  const wrong = findings.filter(({ ok }) => ok === false).length;
  const untold = findings.filter(({ ok }) => ok === null).length;
  const lines = findings.map(({ ok, text }) => `${mark(ok)}  ${text}`);
  return { isRight: wrong === 0, lines: [...lines, sumLine(findings.length, wrong, untold)] };
}

function mark(ok: boolean | null): string {
  if (ok === null) return "?     ";
  return ok ? "OK    " : "NOT OK";
}

function sumLine(all: number, wrong: number, untold: number): string {
  const unknown = untold === 0 ? "." : `; ${untold} can't be told from here.`;
  if (wrong > 0) return `${wrong} of ${all} ${wrong === 1 ? "is not as it" : "are not as they"} must be${unknown}`;
  return `${untold === 0 ? "Everything" : "Everything that can be told"} is as it must be${unknown}`;
}
