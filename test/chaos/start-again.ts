import { setTimeout as sleep } from "node:timers/promises";
import { isStoreLost } from "../../src/store/is-store-lost.ts";

const ATTEMPTS = 20;

/** What a supervisor does: a start that meets a cut of Postgres begins anew. Anything else ends the process, and is counted. */
export async function startAgain<T>(open: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await open();
    } catch (error) {
      if (attempt === ATTEMPTS || !isStoreLost(error)) throw error;
      await sleep(100);
    }
  }
}
