/** What one line of a file names: a secret by the catalogue's number, or by its name as people type it. */
export interface NamedLine {
  readonly line: number;
  readonly entryId: number | null;
  /** `mount/path`, with the namespace in front where there is one. */
  readonly name: string;
}

/**
 * Reads a list of paths, one a line (blank lines and lines that begin with # do not count), or a plan's CSV, which is
 * known by its head.
 * @returns The lines, or what is wrong with the whole file.
 */
export function readWaveFile(text: string): { lines: NamedLine[] } | { fault: string } {
  const body = text.replace(/^\uFEFF/, "");
  if (body.includes("\u0000")) return { fault: "It is no text file." };
  return /^"?entry_id"?[,\r\n]/.test(body) ? readPlanCsv(body) : { lines: readPaths(body) };
}

function readPaths(text: string): NamedLine[] {
  return text.split(/\r?\n/).flatMap((name, index) => {
    const isSaid = name.trim() !== "" && !name.startsWith("#");
    return isSaid ? [{ line: index + 1, entryId: null, name: name.replace(/^\//, "") }] : [];
  });
}

function readPlanCsv(text: string): { lines: NamedLine[] } | { fault: string } {
  const rows = csvRows(text);
  if (rows === null) return { fault: "It is no CSV: a quotation mark has no partner." };
  const [head, ...body] = rows;
  const column = (name: string): number => head?.cells.indexOf(name) ?? -1;
  const [id, namespace, mount, path] = ["entry_id", "namespace", "mount", "path"].map(column) as number[];
  if ([namespace, mount, path].some((at) => at === undefined || at < 0)) {
    return { fault: "Its columns are not those of `glovebox plan --csv`: namespace, mount and path are needed." };
  }
  return {
    lines: body.flatMap(({ line, cells }) => {
      if (cells.every((cell) => cell === "")) return [];
      const number = /^\d{1,15}$/.exec(cells[id ?? -1] ?? "")?.[0];
      const parts = [namespace, mount, path].map((at) => unguarded(cells[at ?? -1] ?? ""));
      return [{ line, entryId: number ? Number(number) : null, name: parts.filter((part) => part !== "").join("/") }];
    }),
  };
}

/** The plan puts an apostrophe before what a spreadsheet would run. */
function unguarded(cell: string): string {
  return /^'(\s*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20]|[\t\r\n])/.test(cell) ? cell.slice(1) : cell;
}

/** @returns null: a quoted cell has no end. @see https://www.rfc-editor.org/rfc/rfc4180 */
function csvRows(text: string): { line: number; cells: string[] }[] | null {
  const rows: { line: number; cells: string[] }[] = [];
  let cells: string[] = [];
  let [line, startLine, at] = [1, 1, 0];
  while (at < text.length) {
    const quoted = text[at] === '"';
    const end = quoted ? closingQuote(text, at + 1) : nextBreak(text, at);
    if (end < 0) return null;
    const cell = quoted ? text.slice(at + 1, end).replaceAll('""', '"') : text.slice(at, end);
    line += cell.split("\n").length - 1;
    cells.push(cell);
    at = quoted ? end + 1 : end;
    if (text[at] === ",") {
      at += 1;
      if (at === text.length) cells.push("");
      continue;
    }
    at += text.startsWith("\r\n", at) ? 2 : 1;
    rows.push({ line: startLine, cells });
    line += 1;
    startLine = line;
    cells = [];
  }
  if (cells.length > 0) rows.push({ line: startLine, cells });
  return rows;
}

function closingQuote(text: string, from: number): number {
  for (let at = text.indexOf('"', from); at >= 0; at = text.indexOf('"', at + 2)) if (text[at + 1] !== '"') return at;
  return -1;
}

function nextBreak(text: string, from: number): number {
  const mark = /[,\r\n]/g;
  mark.lastIndex = from;
  return mark.exec(text)?.index ?? text.length;
}
