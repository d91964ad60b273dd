import { GloveboxError } from "../errors.ts";
import type { Engine, EntryVersion } from "../store/tables/catalog.ts";

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

export interface NamespaceList {
  /** Our own first; the others below it, in full. Only our own where the server has not shown that it has namespaces. */
  readonly namespaces: readonly string[];
  /** The server has shown that it has namespaces. */
  readonly isShown: boolean;
  /** Namespaces whose children could not be listed. */
  readonly unreadable: readonly { readonly namespace: string; readonly missingRight: string }[];
}

export interface MountList {
  readonly mounts: readonly MountInfo[];
  /** null: these are all that there are. Otherwise the right that is missing to be sure of that. */
  readonly missingRight: string | null;
}

/** Vault seen by the catalog identity: names and metadata, never data. */
export interface CatalogSource {
  /** The namespaces that are to be crawled. */
  listNamespaces(): Promise<NamespaceList>;
  /** Mounts of one namespace; Vault's own (`sys`, `identity`, `cubbyhole`) are left out. */
  listMounts(namespace: string): Promise<MountList>;
  /**
   * Names directly under `folder` ("" for the mount's root, otherwise ending in "/"); folders end in "/".
   * Absent is an empty list. @throws {CatalogRightMissingError}
   */
  listFolder(mount: MountInfo, folder: string): Promise<readonly string[]>;
  /** KV v2's metadata; on other engines everything in it is unknown. @throws {NotInVaultError} {CatalogRightMissingError} */
  readMetadata(mount: MountInfo, path: string): Promise<SecretMetadata>;
  /**
   * KV v2's `subkeys` of the current version: the names at the top level. null where the engine does not tell or the
   * version is deleted. @throws {CatalogRightMissingError}
   */
  readKeyNames(mount: MountInfo, path: string): Promise<readonly string[] | null>;
}

/** Nothing is at the path, in any version. */
export class NotInVaultError extends GloveboxError {
  readonly code = "NOT_IN_VAULT";
  readonly userMessage =
    "Vault has no secret at that path any more. Check with its owner whether it was moved or deleted.";
  constructor(where: string) {
    super(`nothing at ${where}`);
  }
}

/** The catalog identity may not make a call that the catalogue needs. */
export class CatalogRightMissingError extends GloveboxError {
  readonly code = "CATALOG_RIGHT_MISSING";
  readonly userMessage: string;
  readonly #capability: "list" | "read";
  readonly #policyPath: string;
  constructor(capability: "list" | "read", policyPath: string) {
    super(`the catalog identity lacks ${capability} on ${policyPath}`);
    this.#capability = capability;
    this.#policyPath = policyPath;
    this.userMessage = `The catalogue can't see this: its Vault identity lacks ${this.missingRight}. Ask Vault's operators for that right.`;
  }
  /** As it would stand in a policy: "`list` on `secret/metadata/team-a/`". */
  get missingRight(): string {
    return `\`${this.#capability}\` on \`${this.#policyPath}\``;
  }
  /** The same right on all that lies beside `name`, the last part of the path. */
  forAllBeside(name: string): CatalogRightMissingError {
    const path = this.#policyPath;
    return path.endsWith(`/${name}`)
      ? new CatalogRightMissingError(this.#capability, `${path.slice(0, -name.length)}*`)
      : this;
  }
}

/** Where the catalogue may look for secrets. */
export function isKeyValue({ engine }: Pick<MountInfo, "engine">): boolean {
  return engine === "kv-v1" || engine === "kv-v2";
}
