import { type DrawHomesDeps, drawHomes } from "../src/home/draw-homes.ts";

/** One look at the Home tabs that are due. While Slack limits us, looks that come earlier than it said do nothing. */
export function lookAtHomes(deps: DrawHomesDeps): () => Promise<void> {
  let restsUntil = 0;
  return async () => {
    if (deps.now().getTime() < restsUntil) return;
    const restSeconds = await drawHomes(deps);
    if (restSeconds > 0) restsUntil = deps.now().getTime() + restSeconds * 1_000;
  };
}
