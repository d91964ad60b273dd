import { sql } from "kysely";
import { describe, expect, it } from "vitest";
import { appendEvent, GENESIS_HASH, linkHash } from "../../src/audit/append-event.ts";
import { freshStore } from "../fresh-store.ts";

const at = new Date("2026-11-23T10:00:00Z");
const fact = { kind: "request.made", actor: "U1", subject: "request:RQ-1", content: { path: "secret/a" } };

describe("appendEvent on a real Postgres", () => {
  it("chains every event to the one before it", async () => {
    const { store } = await freshStore();
    const first = await appendEvent(store, at, fact);
    const second = await appendEvent(store, at, { ...fact, kind: "request.approved" });
    expect([first.seq, first.previousHash, second.seq, second.previousHash]).toEqual([1, GENESIS_HASH, 2, first.hash]);
    expect(linkHash({ ...first, content: { path: "secret/b" } })).not.toBe(first.hash);
  });

  it("keeps one chain when many append at once", async () => {
    const { store } = await freshStore();
    await Promise.all(Array.from({ length: 20 }, () => store.transaction().execute((tx) => appendEvent(tx, at, fact))));
    const rows = await store.selectFrom("auditEvent").selectAll().orderBy("seq").execute();
    expect(rows.map(({ seq }) => seq)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
    expect(rows.slice(1).map((row) => row.previousHash)).toEqual(rows.slice(0, -1).map((row) => row.hash));
  });

  it("is append-only for everybody", async () => {
    const { store } = await freshStore();
    await appendEvent(store, at, fact);
    await expect(sql`update audit_event set actor = 'U2'`.execute(store)).rejects.toThrow("append-only");
    await expect(sql`delete from audit_event`.execute(store)).rejects.toThrow("append-only");
  });
});
