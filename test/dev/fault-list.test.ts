import { describe, expect, it } from "vitest";
import { type Fault, FaultList } from "../../dev/faults/fault-list.ts";

const CUT: Fault = { does: "cut" };
const LOSE: Fault = { does: "lose-answer" };
const isPut = (call: string): boolean => call === "put";

describe("faults in wait", () => {
  it("strikes the next matching call once when nothing else is told", () => {
    const faults = new FaultList<string>();
    faults.add(isPut, () => CUT, {});
    expect(["get", "put", "put"].map((call) => faults.next(call))).toEqual([undefined, CUT, undefined]);
  });

  it("lets as many matching calls pass as nth says", () => {
    const faults = new FaultList<string>();
    faults.add(isPut, () => CUT, { nth: 3 });
    expect(["put", "get", "put", "put"].map((call) => faults.next(call))).toEqual([
      undefined,
      undefined,
      undefined,
      CUT,
    ]);
  });

  it("strikes without end until cleared", () => {
    const faults = new FaultList<string>();
    faults.add(isPut, () => CUT, { times: Number.POSITIVE_INFINITY });
    expect([1, 2, 3].map(() => faults.next("put"))).toEqual([CUT, CUT, CUT]);
    faults.clear();
    expect(faults.next("put")).toBeUndefined();
  });

  it("takes two faults of one call in their order, one call each", () => {
    const faults = new FaultList<string>();
    faults.add(isPut, () => CUT, {});
    faults.add(isPut, () => LOSE, {});
    expect([1, 2, 3].map(() => faults.next("put"))).toEqual([CUT, LOSE, undefined]);
  });

  it("counts each fault's calls for itself, also those that another fault strikes", () => {
    const faults = new FaultList<string>();
    faults.add(isPut, () => CUT, { nth: 1 });
    faults.add(isPut, () => LOSE, { nth: 2 });
    expect([1, 2].map(() => faults.next("put"))).toEqual([CUT, LOSE]);
  });
});
