import {
  CatalogRightMissingError,
  type CatalogSource,
  type MountInfo,
  NotInVaultError,
  type SecretMetadata,
} from "../../src/catalog/catalog-source.ts";

interface FakeEntry {
  version?: number;
  /** In January 2026, a day for each version, where absent. */
  writtenAt?: number;
  isDeleted?: boolean;
  keyNames?: readonly string[];
  customMetadata?: Readonly<Record<string, string>>;
}
export interface FakeVault {
  mounts: MountInfo[];
  /** By mount, then by path. */
  entries: Record<string, Record<string, FakeEntry>>;
  namespaces?: string[];
  /** The right to list all mounts is missing, so that one that is not seen may be hidden. */
  hidesMounts?: boolean;
  /** Folders (`mount/folder/`) that may not be listed. */
  forbidden?: string[];
  /** No right to read any key names. */
  hidesKeys?: boolean;
}

export const kvMount = (path: string, engine = "kv-v2"): MountInfo => ({
  namespace: "",
  path,
  accessor: `kv_${path}`,
  engine,
});

const UNKNOWN: SecretMetadata = {
  ...{ currentVersion: null, versions: [], customMetadata: {}, createdAt: null, updatedAt: null },
};

/** A Vault in memory: change `vault` between two crawls to see what the catalogue makes of it. */
export function fakeCatalogSource(vault: FakeVault): CatalogSource & { calls: string[]; mostAtOnce: () => number } {
  const calls: string[] = [];
  let [current, most] = [0, 0];
  const counted = async <T>(name: string, answer: () => T): Promise<T> => {
    calls.push(name);
    current += 1;
    most = Math.max(most, current);
    await new Promise((resolve) => setImmediate(resolve));
    current -= 1;
    return answer();
  };
  const entryAt = (mount: MountInfo, path: string): FakeEntry => {
    const entry = vault.entries[mount.path]?.[path];
    if (entry === undefined) throw new NotInVaultError(`${mount.path}/${path}`);
    return entry;
  };
  return {
    calls,
    mostAtOnce: () => most,
    listNamespaces: async () => ({
      namespaces: vault.namespaces ?? [""],
      isShown: vault.namespaces !== undefined,
      unreadable: [],
    }),
    listMounts: (namespace) =>
      counted("mounts", () => ({
        mounts: vault.mounts.filter((mount) => mount.namespace === namespace),
        missingRight: vault.hidesMounts ? "`read` on `sys/mounts`" : null,
      })),
    listFolder: (mount, folder) =>
      counted(`list ${mount.path}/${folder}`, () => {
        if (vault.forbidden?.includes(`${mount.path}/${folder}`)) {
          const listed = mount.engine === "kv-v2" ? `${mount.path}/metadata` : mount.path;
          throw new CatalogRightMissingError("list", `${listed}/${folder}`);
        }
        const below = Object.keys(vault.entries[mount.path] ?? {}).filter((path) => path.startsWith(folder));
        const names = below.map((path) => /^[^/]*\/?/.exec(path.slice(folder.length))?.[0] ?? "");
        return [...new Set(names)];
      }),
    readMetadata: (mount, path) =>
      counted(`metadata ${mount.path}/${path}`, (): SecretMetadata => {
        if (mount.engine !== "kv-v2") return UNKNOWN;
        const { version = 1, isDeleted = false, customMetadata = {}, writtenAt } = entryAt(mount, path);
        const at = new Date(writtenAt ?? Date.UTC(2026, 0, version));
        const deletionTime = isDeleted ? at.toISOString() : null;
        const versions = [{ version, createdTime: at.toISOString(), deletionTime, isDestroyed: false }];
        return { currentVersion: version, versions, customMetadata, createdAt: at, updatedAt: at };
      }),
    readKeyNames: (mount, path) =>
      counted(`keys ${mount.path}/${path}`, () => {
        if (mount.engine !== "kv-v2") return null;
        if (vault.hidesKeys) throw new CatalogRightMissingError("read", `${mount.path}/subkeys/${path}`);
        return entryAt(mount, path).keyNames ?? ["password"];
      }),
  };
}
