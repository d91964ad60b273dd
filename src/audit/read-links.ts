import type { Selectable } from "kysely";
import type { Store } from "../store/open-store.ts";
import type { AuditEventTable } from "../store/tables/audit.ts";
import type { ChainLink } from "./append-event.ts";

const PAGE = 1_000;

/** The links after `afterSeq`, in order, a page at a time: a chain may be longer than memory. */
export async function* readLinks(store: Store, afterSeq: number): AsyncGenerator<ChainLink> {
  let seq = afterSeq;
  for (;;) {
    const rows = await store
      .selectFrom("auditEvent")
      .selectAll()
      .where("seq", ">", seq)
      .orderBy("seq")
      .limit(PAGE)
      .execute();
    for (const row of rows) {
      yield linkOf(row);
      seq = row.seq;
    }
    if (rows.length < PAGE) return;
  }
}

function linkOf({ at, content, ...rest }: Selectable<AuditEventTable>): ChainLink {
  return { ...rest, at: at.toISOString(), content: JSON.parse(content) };
}
