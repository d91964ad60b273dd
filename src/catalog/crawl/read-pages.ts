import { type Bounds, runBounded } from "../run-bounded.ts";
import { writeBehind } from "./write-behind.ts";

export interface PagePass<Row extends { readonly id: number }, Answer> extends Bounds {
  /** The next rows above this id, by id; empty at the end. */
  readonly page: (afterId: number) => Promise<readonly Row[]>;
  /** Asks Vault about one. */
  readonly ask: (row: Row) => Promise<Answer>;
  /** Writes answers, never none. @param last The newest row that was asked about. */
  readonly write: (answers: readonly Answer[], last: Row) => Promise<void>;
  readonly now: () => Date;
}

/** From a slow Vault a page takes long: what is answered is written before. */
const WRITTEN_WITHIN_MS = 2_000;

/**
 * Asks about every row, page by page: while one page is asked about, the next is read and the one before is written.
 * However it ends, what was answered is written.
 */
export async function readPages<Row extends { readonly id: number }, Answer>(
  pass: PagePass<Row, Answer>,
): Promise<void> {
  const writing = writeBehind();
  let answers: Answer[] = [];
  let writtenAt = pass.now().getTime();
  const flush = async (last: Row): Promise<void> => {
    const full = answers;
    answers = [];
    writtenAt = pass.now().getTime();
    if (full.length > 0) await writing.push(() => pass.write(full, last));
  };
  try {
    let current = await pass.page(0);
    for (let last = current.at(-1); last !== undefined; last = current.at(-1)) {
      const lastRow = last;
      const next = pass.page(lastRow.id);
      next.catch(() => {}); // awaited below, or beside a failure
      try {
        await runBounded(current, pass, async (row) => {
          const answer = await pass.ask(row);
          answers.push(answer); // after the wait: another batch may have begun meanwhile
          if (pass.now().getTime() - writtenAt >= WRITTEN_WITHIN_MS) await flush(row);
        });
      } finally {
        await flush(lastRow);
      }
      current = await next;
    }
  } finally {
    await writing.drain();
  }
}
