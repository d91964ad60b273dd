import type { Engine, EntryVersion } from "../store/schema.ts";

export interface MountInfo {
  readonly namespace: string;
  /** Without slashes at the ends. */
  readonly path: string;
  readonly accessor: string;
  readonly engine: Engine;
}

export interface SecretMetadata {
  /** KV v2; null on KV v1. */
  readonly currentVersion: number | null;
  readonly versions: readonly EntryVersion[];
  readonly customMetadata: Readonly<Record<string, string>>;
  readonly createdAt: Date | null;
  readonly updatedAt: Date | null;
}

/** Vault seen by the catalog identity: names and metadata, never data. */
export interface CatalogSource {
  listMounts(): Promise<readonly MountInfo[]>;
  /** Names directly under `folder` ("" for the mount's root); folders end in "/". Absent is an empty list. */
  listFolder(mount: MountInfo, folder: string): Promise<readonly string[]>;
  /** KV v2's metadata; on KV v1 everything in it is unknown. @throws {SecretNotFoundError} */
  readMetadata(mount: MountInfo, path: string): Promise<SecretMetadata>;
  /** KV v2's `subkeys` of the current version; null where the engine does not tell or the version is deleted. */
  readKeyNames(mount: MountInfo, path: string): Promise<readonly string[] | null>;
}
