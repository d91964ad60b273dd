import { describe, expect, it } from "vitest";
import { openPace } from "../../src/migration/pace.ts";

const SILENT = { info: () => {}, warn: () => {} };

function paceWorld() {
  const rests: number[] = [];
  const pace = openPace(SILENT, async (delayMs) => void rests.push(delayMs));
  /** One migration that meets so many complaints. */
  const move = async (complaints = 0, atLeastMs: number | null = null) => {
    await pace.rest();
    for (let count = 0; count < complaints; count += 1) pace.slowDown("Vault throttles", atLeastMs);
    pace.passed();
  };
  return { pace, rests, move };
}

describe("the rest between two migrations", () => {
  it("is none while nobody complains", async () => {
    const { rests, move } = paceWorld();
    await move();
    await move();
    expect(rests).toEqual([]);
  });

  it("doubles once for each migration that meets complaints, up to a minute, and halves with each that meets none", async () => {
    const { pace, rests, move } = paceWorld();
    for (let count = 0; count < 9; count += 1) await move(3);
    expect(rests).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000]);
    await move();
    expect(pace.restMs).toBe(30_000);
    for (let count = 0; count < 7; count += 1) await move();
    expect(pace.restMs).toBe(0);
  });

  it("stays short while something is away, and never shortens what a vendor asked for", async () => {
    const { pace } = paceWorld();
    for (let count = 0; count < 9; count += 1) {
      await pace.rest();
      pace.waitAwhile("a migration waits");
      pace.passed();
    }
    expect(pace.restMs).toBe(4_000);
    pace.slowDown("Vault throttles", 30_000);
    pace.waitAwhile("a migration waits");
    expect(pace.restMs).toBe(30_000);
  });

  it("is at least what Vault says, up to a minute", async () => {
    const { pace, move } = paceWorld();
    await move(1, 7_000);
    expect(pace.restMs).toBe(7_000);
    await move(1, 3_600_000);
    expect(pace.restMs).toBe(60_000);
  });

  it("ends when the process stops", async () => {
    const pace = openPace(SILENT);
    for (let count = 0; count < 8; count += 1) {
      pace.passed();
      pace.slowDown("AWS throttles", 60_000);
    }
    const resting = pace.rest();
    pace.stop();
    await resting;
    await pace.rest();
  });
});
