import { setTimeout as sleep } from "node:timers/promises";
import { GloveboxError } from "../../errors.ts";
import type { CatalogSource } from "../catalog-source.ts";
import type { SharedLimit } from "./shared-limit.ts";

/** With the rests between them about ten minutes: a quota that lets nothing through for so long is no pace. */
const ATTEMPTS = 24;

/** The source, slowed down as its limit says: a call that a rate limit keeps out is made again, by all a little later. */
export function calmSource(source: CatalogSource, limit: SharedLimit): CatalogSource {
  const calmly = async <T>(call: () => Promise<T>): Promise<T> => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        const answer = await call();
        limit.passed();
        return answer;
      } catch (error) {
        if (!isThrottled(error) || attempt === ATTEMPTS) throw error;
        limit.throttled(null);
        await sleep(limit.restMs() + Math.random() * 100);
      }
    }
  };
  return {
    listNamespaces: () => calmly(() => source.listNamespaces()),
    listMounts: (namespace) => calmly(() => source.listMounts(namespace)),
    listFolder: (mount, folder) => calmly(() => source.listFolder(mount, folder)),
    readMetadata: (mount, path) => calmly(() => source.readMetadata(mount, path)),
    readKeyNames: (mount, path) => calmly(() => source.readKeyNames(mount, path)),
  };
}

function isThrottled(error: unknown): boolean {
  return error instanceof GloveboxError && "isThrottled" in error && error.isThrottled === true;
}
