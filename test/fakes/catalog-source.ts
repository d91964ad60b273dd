import {
  CatalogRightMissingError,
  type CatalogSource,
  type MountInfo,
  NotInVaultError,
  type SecretMetadata,
} from "../../src/catalog/catalog-source.ts";

interface FakeEntry {
  version?: number;
  isDeleted?: boolean;
  keyNames?: readonly string[];
  customMetadata?: Readonly<Record<string, string>>;
}
export interface FakeVault {
  mounts: MountInfo[];
  /** By mount, then by path. */
  entries: Record<string, Record<string, FakeEntry>>;
  /** Folders (`mount/folder/`) that may not be listed. */
  forbidden?: string[];
}

export const kvMount = (path: string, engine = "kv-v2"): MountInfo => ({
  namespace: "",
  path,
  accessor: `kv_${path}`,
  engine,
});

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
    listMounts: () => counted("mounts", () => vault.mounts),
    listFolder: (mount, folder) =>
      counted(`list ${mount.path}/${folder}`, () => {
        if (vault.forbidden?.includes(`${mount.path}/${folder}`)) {
          throw new CatalogRightMissingError("list", `${mount.path}/metadata/${folder}`);
        }
        const below = Object.keys(vault.entries[mount.path] ?? {}).filter((path) => path.startsWith(folder));
        const names = below.map((path) => /^[^/]*\/?/.exec(path.slice(folder.length))?.[0] ?? "");
        return [...new Set(names)];
      }),
    readMetadata: (mount, path) =>
      counted(`metadata ${mount.path}/${path}`, (): SecretMetadata => {
        const { version = 1, isDeleted = false, customMetadata = {} } = entryAt(mount, path);
        const at = new Date(Date.UTC(2026, 0, version));
        const deletionTime = isDeleted ? at.toISOString() : null;
        const versions = [{ version, createdTime: at.toISOString(), deletionTime, isDestroyed: false }];
        return { currentVersion: version, versions, customMetadata, createdAt: at, updatedAt: at };
      }),
    readKeyNames: (mount, path) =>
      counted(`keys ${mount.path}/${path}`, () => entryAt(mount, path).keyNames ?? ["password"]),
  };
}
