import { describe, expect, it } from "vitest";
import { judgeLanes } from "../../../src/migration/lanes/judge-lanes.ts";
import { isJudgementDue } from "../../../src/migration/lanes/judgement-due.ts";
import type { Store } from "../../../src/store/open-store.ts";
import { freshStore } from "../../fresh-store.ts";

const NOON = new Date("2026-06-02T12:00:00Z");
const at = (minutes: number): Date => new Date(NOON.getTime() + minutes * 60_000);
const limits = { namespace: "", prefixes: [] };
const judge = (store: Store, now = NOON) => judgeLanes({ store, limits, now: () => now });

async function readLog(store: Store, name: string, [firstAt, lastAt]: readonly [Date, Date], changedAt: Date) {
  await store
    .insertInto("usageSource")
    .values({ kind: "file", fingerprint: name, name, firstAt, lastAt, changedAt })
    .onConflict((conflict) => conflict.column("fingerprint").doUpdateSet({ lastAt, changedAt }))
    .execute();
}

describe("isJudgementDue", () => {
  it("is where nobody has judged yet, and not right after that", async () => {
    const { store } = await freshStore();
    expect(await isJudgementDue(store, NOON)).toBe(true);
    await judge(store);
    expect(await isJudgementDue(store, at(600))).toBe(false);
  });

  it("is when a crawl has come to its end since", async () => {
    const { store } = await freshStore();
    await judge(store);
    await store
      .insertInto("crawl")
      .values({ startedAt: at(1), finishedAt: null })
      .execute();
    expect(await isJudgementDue(store, at(2))).toBe(false);
    await store
      .updateTable("crawl")
      .set({ finishedAt: at(2) })
      .execute();
    expect(await isJudgementDue(store, at(3))).toBe(true);
  });

  it("is at once for the first log and for an older one, and after ten minutes for more of the same", async () => {
    const { store } = await freshStore();
    await judge(store);
    await readLog(store, "today", [at(-60), at(0)], at(1));
    expect(await isJudgementDue(store, at(1))).toBe(true);
    await judge(store, at(2));
    await readLog(store, "today", [at(-60), at(4)], at(4));
    expect(await isJudgementDue(store, at(5))).toBe(false);
    expect(await isJudgementDue(store, at(12))).toBe(true);
    await readLog(store, "yesterday", [at(-1_400), at(-61)], at(5));
    expect(await isJudgementDue(store, at(5))).toBe(true);
  });
});
