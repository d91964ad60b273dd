import { describe, expect, it } from "vitest";
import { nameStrike } from "./pick-strike.ts";
import { planCalm, planMigration } from "./plan.ts";

const plans = Array.from({ length: 1_000 }, (_, index) => planMigration(7, index));
const strikes = plans.flatMap(({ acts }) => acts.flatMap((act) => act.strikes));

describe("the schedule of a chaos run", () => {
  it("is the same for the same seed and number, and another for another", () => {
    expect(planMigration(7, 12)).toEqual(plans[12]);
    expect(JSON.stringify(planMigration(8, 12))).not.toBe(JSON.stringify(plans[12]));
  });

  it("orders every kind of fault, of order and of secret in a long run", () => {
    expect(new Set(strikes.map((strike) => strike.on))).toEqual(
      new Set(["worker", "gate", "vault", "aws", "postgres", "pause"]),
    );
    const kinds = new Set(strikes.flatMap((strike) => ("kind" in strike ? [`${strike.on} ${strike.kind}`] : [])));
    expect([...kinds].filter((kind) => kind.startsWith("vault"))).toHaveLength(9);
    expect([...kinds].filter((kind) => kind.startsWith("aws"))).toHaveLength(7);
    const signals = strikes.flatMap((strike) =>
      strike.on === "worker" ? [`${strike.signal} ${"atPoint" in strike ? "at a point" : "at a moment"}`] : [],
    );
    expect(new Set(signals).size).toBe(4);
    expect(new Set(plans.flatMap(({ acts }) => acts.map(({ does }) => does)))).toEqual(
      new Set(["move", "move-next", "move-same", "undo"]),
    );
    expect(new Set(plans.map(({ engine, shape, target }) => `${engine} ${shape} ${target}`)).size).toBe(2 * 4 * 3);
    const foreign = plans.filter(({ target }) => target !== "free");
    const ways = foreign.map(({ target, isTakenOver, hasEqualValue }) => `${target} ${isTakenOver} ${hasEqualValue}`);
    expect(new Set(ways).size).toBe(8);
    expect(new Set(plans.map(({ versions, olderVersions }) => `${versions} with ${olderVersions}`)).size).toBe(10);
    const undone = plans.filter(({ acts }) => acts.some(({ does }) => does === "undo"));
    expect(new Set(undone.map(({ shape, target }) => `${shape} ${target}`)).size).toBe(4 * 3);
    expect(new Set(plans.flatMap(({ acts }) => acts.map(({ ringing }) => ringing))).size).toBe(4);
  });

  it("stops a worker for longer than its fence holds, and lets the calm one in peace", () => {
    const stops = strikes.filter((strike) => strike.on === "worker" && strike.signal === "SIGSTOP");
    expect(stops.length).toBeGreaterThan(20);
    for (const stop of stops) expect(stop).toMatchObject({ wakeMs: expect.toSatisfy((ms: number) => ms >= 2_000) });
    expect(planCalm(3).acts).toEqual([expect.objectContaining({ does: "move", strikes: [] })]);
  });

  it("names a strike for people", () => {
    expect(nameStrike({ on: "vault", kind: "cut", nth: 3, times: 1 })).toBe("vault: kind cut, nth 3, times 1");
  });
});
