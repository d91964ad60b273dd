import { z } from "zod";
import { pathGlobFault } from "../../catalog/path-glob.ts";
import { LANES } from "./lane.ts";

const Threshold = z.number().positive().max(1_000_000_000);
const words = (...usual: string[]) => z.array(z.string().min(1)).default(usual);

const PathGlobText = z
  .string()
  .min(1)
  .max(500)
  .superRefine((glob, context) => {
    const message = pathGlobFault(glob);
    if (message !== null) context.addIssue({ code: "custom", message });
  });

const PathLaneRule = z.strictObject({
  /** Over the full path: see src/catalog/path-glob.ts. */
  paths: z.array(PathGlobText).min(1).max(200),
  lane: z.enum(LANES),
  /** It stands behind "White-glove lane: ", and the next step follows. */
  reason: z.string().min(1).max(200).regex(/[^.]$/, "no full stop at its end: more follows it"),
  /** A sentence; the lane's own where absent. */
  nextStep: z.string().min(1).max(200).regex(/[.?]$/, "a sentence, with a full stop").optional(),
});
export type PathLaneRule = z.output<typeof PathLaneRule>;

/** `lanes` in glovebox.yaml: from where on a secret needs more than a request and a yes. */
export const LaneRules = z.strictObject({
  whiteGlove: z
    .strictObject({
      /** As a mean over at most 30 days. */
      readsPerDay: Threshold.default(1_000),
      /** Different ones, whatever addresses they come from. */
      clients: Threshold.int().default(10),
      /** Different ones among the readers. */
      teams: Threshold.int().default(3),
      /** Purposes that are delicate in `environments`. */
      types: words("payment-key", "signing-or-encryption-key"),
      environments: words("prod"),
      /** What a person or Vault's custom metadata must have said; a guess does not count. */
      classifications: words("restricted"),
    })
    .prefault({}),
  complex: z
    .strictObject({
      /** At the top level of the value. */
      keys: Threshold.int().default(20),
      types: words("mixed-bundle"),
    })
    .prefault({}),
  /** The first that fits decides, over all of the above; only what Glovebox can't move at all stays what it is. */
  paths: z.array(PathLaneRule).max(500).default([]),
});
export type LaneRules = z.output<typeof LaneRules>;

export const USUAL_LANE_RULES: LaneRules = LaneRules.parse({});
