import { z } from "zod";

/** Why a secret is one of somebody's. */
export const REASONS = ["owner", "use", "request"] as const;
export type Reason = (typeof REASONS)[number];

const Page = z.number().int().min(1).max(100_000).catch(1);

/** Where somebody has leafed to in their Home tab. Pages count from 1. */
export const HomePlace = z.object({
  waiting: Page,
  secrets: Page,
  requests: Page,
  /** Which of their secrets are shown. */
  by: z.enum(["all", ...REASONS]).catch("all"),
});
export type HomePlace = z.output<typeof HomePlace>;
export type HomeSection = "waiting" | "secrets" | "requests";

export const FIRST_PAGES: HomePlace = { waiting: 1, secrets: 1, requests: 1, by: "all" };

/** Out of a view's private metadata; what can't be read is the first page. */
export function parseHomePlace(text: string | null | undefined): HomePlace {
  try {
    return HomePlace.parse(JSON.parse(text ?? "{}"));
  } catch {
    return FIRST_PAGES;
  }
}
