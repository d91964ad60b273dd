import { callHttp } from "../src/vault/http-call.ts";

/** Where a secret lies, as Vault's URLs have it: mount and path, each part encoded. */
export interface BarePlace {
  readonly mount: string;
  readonly path: string;
}
export interface BareMount {
  readonly path: string;
  readonly isVersioned: boolean;
}

export interface BareCrawl {
  /** The LIST walk: every name of the mounts. */
  names(mounts: readonly BareMount[]): Promise<{ places: BarePlace[]; folderCount: number }>;
  metadata(places: readonly BarePlace[]): Promise<void>;
  keyNames(places: readonly BarePlace[]): Promise<void>;
}

const TIMEOUT_MS = 10_000;

/**
 * The calls of a crawl and nothing else: our own HTTP call, so that no ratio measures one client against another, the
 * answer's JSON parsed, no checks, no retries, no database. Our crawl is measured against this.
 */
export function bareCrawl(address: string, token: string, callsAtOnce: number): BareCrawl {
  const headers = { "X-Vault-Token": token, "X-Vault-Request": "true" };
  const ask = async (method: string, path: string): Promise<unknown> => {
    const call = { method, headers, body: null, timeoutMs: TIMEOUT_MS };
    const { statusCode, text } = await callHttp(new URL(`${address}/v1/${path}`), call);
    // A deleted version answers 404 with its metadata.
    if (statusCode !== 200 && statusCode !== 404) throw new Error(`${method} ${path}: ${statusCode}`);
    return JSON.parse(text);
  };
  const inParallel = async (work: () => Promise<boolean>): Promise<void> => {
    const loop = async (): Promise<void> => {
      while (await work());
    };
    await Promise.all(Array.from({ length: callsAtOnce }, loop));
  };
  const each = async (places: readonly BarePlace[], kind: string): Promise<void> => {
    let next = 0;
    await inParallel(async () => {
      const place = places[next++];
      if (place === undefined) return false;
      await ask("GET", `${place.mount}/${kind}/${place.path}`);
      return true;
    });
  };
  return {
    async names(mounts) {
      const waiting = mounts.map(({ path, isVersioned }) => ({ mount: path, isVersioned, folder: "" }));
      const places: BarePlace[] = [];
      let [folderCount, active] = [0, 0];
      await inParallel(async () => {
        const here = waiting.pop();
        if (here === undefined) {
          if (active === 0) return false;
          await new Promise((resolve) => setTimeout(resolve, 1)); // others may still find folders
          return true;
        }
        active += 1;
        const { mount, isVersioned, folder } = here;
        const answer = (await ask("LIST", `${mount}/${isVersioned ? "metadata/" : ""}${folder}`)) as Listed;
        active -= 1;
        folderCount += 1;
        for (const name of answer.data?.keys ?? []) {
          const isFolder = name.endsWith("/");
          const path = folder + encodeURIComponent(isFolder ? name.slice(0, -1) : name);
          if (isFolder) waiting.push({ ...here, folder: `${path}/` });
          else places.push({ mount, path });
        }
        return true;
      });
      return { places, folderCount };
    },
    metadata: (places) => each(places, "metadata"),
    keyNames: (places) => each(places, "subkeys"),
  };
}

interface Listed {
  readonly data?: { readonly keys?: readonly string[] };
}
