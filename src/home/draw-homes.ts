import { codeOf } from "../errors.ts";
import type { HomePerson } from "./home-person.ts";
import { type DueHome, homeDrawn, homeFailed, homeWaits, takeDueHome } from "./keep-homes.ts";
import { type HomeState, type LoadHomeDeps, loadHome, watchesOf } from "./load-home.ts";

export type Published =
  | { readonly kind: "published"; readonly hash: string }
  /** Somebody else published since the hash was given out. */
  | { readonly kind: "conflict" }
  | { readonly kind: "busy"; readonly retryAfterSeconds: number };

export interface DrawHomesDeps extends LoadHomeDeps {
  /** Asks which groups somebody is in; an answer some seconds old will do, for at the click it is asked again. */
  resolvePerson(userId: string): Promise<HomePerson>;
  /** Shows it. @param hash The view that it may replace; null: any. @throws Where Slack refuses or does not answer. */
  publish(state: HomeState, hash: string | null): Promise<Published>;
  readonly log: { warn(fields: object, words: string): void };
}

/**
 * Draws the Home tabs that are due, one after the other, those first that were opened last: their people are looking.
 * Slack limits how many may be published in a minute, so when it says so all the rest waits, and nobody else is asked.
 * @returns How many seconds to rest before the next look; 0: none.
 */
export async function drawHomes(deps: DrawHomesDeps): Promise<number> {
  for (;;) {
    const due = await takeDueHome(deps.store);
    if (due === null) return 0;
    const restSeconds = await drawHome(deps, due).catch(async (error: unknown) => {
      deps.log.warn({ code: codeOf(error), failures: due.failures + 1 }, "a Home tab was not drawn");
      await homeFailed(deps.store, due);
      return 0;
    });
    if (restSeconds > 0) return restSeconds;
  }
}

async function drawHome(deps: DrawHomesDeps, due: DueHome): Promise<number> {
  const { store, resolvePerson, publish } = deps;
  const person = await resolvePerson(due.userId);
  const draw = async (hash: string | null): Promise<Published> => {
    const state = await loadHome(deps, person, due.place);
    const published = await publish(state, hash);
    if (published.kind === "published") {
      const { place } = state;
      await homeDrawn(store, due, { hash: published.hash, place, watches: watchesOf(state) });
    }
    return published;
  };
  const first = await draw(due.hash);
  // What stands there may be newer than what was read before, so it is read again; then it is certainly the newest.
  const outcome = first.kind === "conflict" ? await draw(null) : first;
  if (outcome.kind !== "busy") return 0;
  await homeWaits(store, due, outcome.retryAfterSeconds);
  return outcome.retryAfterSeconds;
}
