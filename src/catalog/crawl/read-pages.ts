import { type Bounds, runBounded } from "../run-bounded.ts";
import { writeBehind } from "./write-behind.ts";

export interface PagePass<Row extends { readonly id: number }, Answer> extends Bounds {
  /** The next rows above this id, by id; empty at the end. */
  readonly page: (afterId: number) => Promise<readonly Row[]>;
  /** Asks Vault about one. */
  readonly ask: (row: Row) => Promise<Answer>;
  /** Writes the answers of a page, or of the part of it that was asked about before a failure. */
  readonly write: (answers: readonly Answer[], last: Row) => Promise<void>;
}

/**
 * Asks about every row, page by page: while one page is asked about, the next is read and the one before is written.
 * However it ends, what was answered is written.
 */
export async function readPages<Row extends { readonly id: number }, Answer>(
  pass: PagePass<Row, Answer>,
): Promise<void> {
  const writing = writeBehind();
  try {
    let current = await pass.page(0);
    for (let last = current.at(-1); last !== undefined; last = current.at(-1)) {
      const lastRow = last;
      const next = pass.page(lastRow.id);
      next.catch(() => {}); // awaited below, or beside a failure
      const answers: Answer[] = [];
      try {
        await runBounded(current, pass, async (row) => {
          answers.push(await pass.ask(row));
        });
      } finally {
        await writing.push(() => pass.write(answers, lastRow));
      }
      current = await next;
    }
  } finally {
    await writing.drain();
  }
}
