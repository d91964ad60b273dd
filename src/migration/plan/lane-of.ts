import type { Lane } from "./plan-row.ts";

/**
 * What takes a secret out of the standard lane, by the code of the pre-flight's fault. Nothing leads to white-glove
 * yet: that wants evidence of use (who reads it, how often), which the catalogue does not hold.
 */
const LANE_BY_CODE: Readonly<Record<string, Exclude<Lane, "standard">>> = {
  PATH_NOT_GRANTABLE: "complex",
  PATH_OUTSIDE_PREFIXES: "complex",
  ENGINE_NOT_KV: "complex",
};
const HEAVIEST_FIRST = ["white-glove", "complex"] as const;

/** @param codes Of all that was found at the path, whatever the verdict. */
export function laneOf(codes: readonly string[]): Lane {
  const lanes = new Set(codes.map((code) => LANE_BY_CODE[code]));
  return HEAVIEST_FIRST.find((lane) => lanes.has(lane)) ?? "standard";
}
