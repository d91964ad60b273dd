import type { Store } from "../../store/open-store.ts";

export interface KnownMount {
  readonly accessor: string;
  readonly engine: string;
  /** When a crawl saw it last. */
  readonly seenAt: Date;
}

/** The catalogue's mounts at hand, for a reader of many lines. */
export interface KnownMounts {
  /** null: no crawl has seen it. */
  mountOf(namespace: string, mount: string): KnownMount | null;
  /** Looks again, after a crawl perhaps. */
  refresh(): Promise<void>;
}

export async function knownMounts(store: Store): Promise<KnownMounts> {
  let known = new Map<string, KnownMount>();
  const keyOf = (namespace: string, mount: string): string => `${namespace}\n${mount}`;
  const refresh = async (): Promise<void> => {
    const rows = await store
      .selectFrom("mount")
      .select(["namespace", "path", "accessor", "engine", "seenAt"])
      .execute();
    known = new Map(rows.map(({ namespace, path, ...mount }) => [keyOf(namespace, path), mount]));
  };
  await refresh();
  return { mountOf: (namespace, mount) => known.get(keyOf(namespace, mount)) ?? null, refresh };
}
