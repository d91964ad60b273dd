export const ROWS_PER_PAGE = 10;

/** One page of a list, and where it stands in all of it. */
export interface Page<Row> {
  readonly rows: readonly Row[];
  /** Of the whole list. */
  readonly total: number;
  /** From 1. */
  readonly page: number;
  readonly pageCount: number;
}

export interface Slice {
  readonly limit: number;
  readonly offset: number;
}

/** A page of a list that may have become shorter since somebody leafed there: past its end stands its last page. */
export async function pageOf<Row>(
  wanted: number,
  read: (slice: Slice) => Promise<{ readonly rows: readonly Row[]; readonly total: number }>,
): Promise<Page<Row>> {
  const slice = (page: number): Slice => ({ limit: ROWS_PER_PAGE, offset: (page - 1) * ROWS_PER_PAGE });
  const found = await read(slice(wanted));
  const pageCount = Math.max(1, Math.ceil(found.total / ROWS_PER_PAGE));
  if (wanted <= pageCount) return { ...found, page: wanted, pageCount };
  const last = await read(slice(pageCount));
  return { ...last, page: pageCount, pageCount };
}
