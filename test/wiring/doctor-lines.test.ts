import { describe, expect, it } from "vitest";
import { gateFindings } from "../../src/wiring/doctor.ts";
import { doctorLines } from "../../src/wiring/doctor-lines.ts";

const GOOD = { ok: true, text: "a" };
const BAD = { ok: false, text: "b" };
const UNTOLD = { ok: null, text: "c" };

describe("doctorLines", () => {
  it("marks the three states, in columns", () => {
    expect(doctorLines([GOOD, BAD, UNTOLD]).lines.slice(0, 3)).toEqual(["OK      a", "NOT OK  b", "?       c"]);
  });

  it.each([
    ["everything right", [GOOD], true, "Everything is as it must be."],
    [
      "what can't be told",
      [GOOD, UNTOLD, UNTOLD],
      true,
      "Everything that can be told is as it must be; 2 can't be told from here.",
    ],
    ["one that is wrong", [GOOD, BAD], false, "1 of 2 is not as it must be."],
    [
      "wrong ones beside what can't be told",
      [BAD, BAD, UNTOLD],
      false,
      "2 of 3 are not as they must be; 1 can't be told from here.",
    ],
  ])("ends with a sum that is true of %s", (_what, findings, isRight, last) => {
    const answer = doctorLines(findings);
    expect([answer.isRight, answer.lines.at(-1)]).toEqual([isRight, last]);
  });
});

describe("gateFindings", () => {
  const gate = { prefixes: ["secret/team-a/", "secret/team-b/"], maxPerHour: 600 };

  it("says that the gate is off, which folders hold the worker, and what nobody checks then", () => {
    const [line, ...others] = gateFindings({ gate: { ...gate, mode: "off" } });
    expect([line?.ok, others]).toEqual([true, []]);
    expect(line?.text).toContain("gate: off");
    expect(line?.text).toContain("secret/team-a/, secret/team-b/");
    expect(line?.text).toContain("nobody checks at the move");
  });

  it("says nothing of a gate that is on", () => {
    expect(gateFindings({ gate: { ...gate, mode: "on", prefixes: [] } })).toEqual([]);
  });
});
