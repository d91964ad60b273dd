import { describe, expect, it } from "vitest";
import { sharedLimit } from "../../src/catalog/crawl/shared-limit.ts";
import { runBounded } from "../../src/catalog/run-bounded.ts";

/** A limit with a clock of the test's own. */
function limitAt(atMost: number) {
  let now = 0;
  const limit = sharedLimit(atMost, () => now);
  return {
    limit,
    wait(ms: number) {
      now += ms;
    },
    answer: (times: number) => Array.from({ length: times }, limit.passed),
  };
}

describe("sharedLimit", () => {
  it("halves on a complaint, once for all that were under way, and rests as long as Vault says", () => {
    const { limit, wait } = limitAt(16);
    for (let call = 0; call < 16; call += 1) limit.throttled(3_000);
    expect([limit.atOnce(), limit.restMs()]).toEqual([8, 3_000]);
    wait(3_000);
    expect(limit.restMs()).toBe(0);
    limit.throttled(1_000);
    expect(limit.atOnce()).toBe(4);
  });

  it("rests longer with each complaint where Vault says nothing, and never below one call", () => {
    const { limit, wait } = limitAt(4);
    const rests = Array.from({ length: 4 }, () => {
      limit.throttled(null);
      const rest = limit.restMs();
      wait(rest);
      return rest;
    });
    expect(rests).toEqual([250, 500, 1_000, 2_000]);
    expect(limit.atOnce()).toBe(1);
  });

  it("grows again with answers, up to what it was", () => {
    const { limit, wait, answer } = limitAt(8);
    limit.throttled(null);
    wait(250);
    answer(50);
    expect(limit.atOnce()).toBe(5);
    answer(500);
    expect(limit.atOnce()).toBe(8);
  });

  it("waits no longer than half a minute, whatever it is told", () => {
    const { limit } = limitAt(2);
    limit.throttled(3_600_000);
    expect(limit.restMs()).toBe(30_000);
  });
});

describe("runBounded", () => {
  it("begins nothing while the limit rests, and goes on when the rest is over", async () => {
    let restMs = 20;
    const limit = { atOnce: () => 2, restMs: () => restMs };
    const done: number[] = [];
    const running = runBounded([1, 2, 3], { limit }, async (item) => void done.push(item));
    expect(done).toEqual([]);
    restMs = 0;
    await running;
    expect(done).toEqual([3, 2, 1]);
  });

  it("ends at once on its signal, also while it rests, and begins nothing more", async () => {
    const stopping = new AbortController();
    const limit = { atOnce: () => 1, restMs: () => 60_000 };
    const running = runBounded([1], { limit, signal: stopping.signal }, async () => {
      throw new Error("begun");
    });
    stopping.abort(new Error("stopped"));
    await expect(running).rejects.toThrow("stopped");
  });

  it("waits for what is under way before it fails", async () => {
    let isOver = false;
    const running = runBounded(["slow", "failing"], 2, async (item) => {
      if (item === "failing") throw new Error("no answer");
      await new Promise((resolve) => setTimeout(resolve, 10));
      isOver = true;
    });
    await expect(running).rejects.toThrow("no answer");
    expect(isOver).toBe(true);
  });
});
