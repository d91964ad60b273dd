import { z } from "zod";
import {
  CatalogRightMissingError,
  type CatalogSource,
  type MountInfo,
  type NamespaceList,
  NotInVaultError,
  type SecretMetadata,
} from "../catalog/catalog-source.ts";
import { encodePath } from "../catalog/secret-path.ts";
import { tellsNamespacesApart } from "./login/namespaced-login.ts";
import { patiently } from "./login/patiently.ts";
import type { VaultClient } from "./vault-client.ts";
import { VaultRefusedError } from "./vault-errors.ts";

const Mount = z.object({
  type: z.string(),
  accessor: z.string(),
  options: z.object({ version: z.string().optional() }).nullish(),
});
const VisibleMounts = z.object({ data: z.object({ secret: z.record(z.string(), Mount) }) });
const AllMounts = z.object({ data: z.record(z.string(), Mount) });

/** Vault writes "" for a time that is not set. */
const Time = z.string().transform((text) => (text === "" ? null : text));
const Metadata = z.object({
  data: z.object({
    current_version: z.number().int(),
    created_time: z.coerce.date(),
    updated_time: z.coerce.date(),
    custom_metadata: z.record(z.string(), z.string()).nullish(),
    versions: z.record(z.string(), z.object({ created_time: z.string(), deletion_time: Time, destroyed: z.boolean() })),
  }),
});
const Subkeys = z.object({ data: z.object({ subkeys: z.record(z.string(), z.unknown()).nullish() }) });

const OF_VAULT_ITSELF = new Set(["system", "identity", "cubbyhole", "ns_system", "ns_identity", "ns_cubbyhole"]);
const UNKNOWN: SecretMetadata = {
  currentVersion: null,
  versions: [],
  customMetadata: {},
  createdAt: null,
  updatedAt: null,
};

type CatalogClient = Pick<VaultClient, "list" | "read" | "within">;

/**
 * The catalog identity's Vault. Calls are repeated while Vault is busy. Names come without the root namespace's
 * prefix: the client decides by its header which namespace it looks at.
 * @param namespace What that client was opened with; "" for the root.
 */
export function vaultCatalogSource(own: CatalogClient, namespace = ""): CatalogSource {
  const clients = new Map<string, CatalogClient>([[namespace, own]]);
  const clientOf = (wanted: string): CatalogClient => {
    const client = clients.get(wanted) ?? own.within(wanted);
    clients.set(wanted, client);
    return client;
  };
  return {
    async listNamespaces() {
      return (await patiently(() => tellsNamespacesApart(own, namespace)))
        ? listNamespacesBelow(clientOf, namespace)
        : { namespaces: [namespace], isShown: false, unreadable: [] };
    },
    async listMounts(wanted) {
      const client = clientOf(wanted);
      try {
        const { data } = AllMounts.parse(await explained(() => client.read("sys/mounts"), "read", "sys/mounts"));
        return { mounts: mountsOf(wanted, data), missingRight: null };
      } catch (error) {
        if (!(error instanceof CatalogRightMissingError)) throw error;
        const { missingRight } = error;
        return { mounts: await listVisibleMounts(client, wanted), missingRight };
      }
    },
    async listFolder(mount, folder) {
      const below = encodedFolder(mount, folder);
      const policyPath = `${listRoot(mount)}/${folder}`;
      return explained(() => clientOf(mount.namespace).list(below), "list", policyPath);
    },
    async readMetadata(mount, path) {
      if (mount.engine !== "kv-v2") return UNKNOWN;
      const url = `${encodePath(mount.path)}/metadata/${encodePath(path)}`;
      const { data } = Metadata.parse(
        await explained(() => clientOf(mount.namespace).read(url), "read", `${mount.path}/metadata/${path}`),
      );
      return {
        currentVersion: data.current_version,
        versions: Object.entries(data.versions).map(([version, { created_time, deletion_time, destroyed }]) => ({
          version: Number(version),
          createdTime: created_time,
          deletionTime: deletion_time,
          isDestroyed: destroyed,
        })),
        customMetadata: data.custom_metadata ?? {},
        createdAt: data.created_time,
        updatedAt: data.updated_time,
      };
    },
    async readKeyNames(mount, path) {
      if (mount.engine !== "kv-v2") return null; // only a read of the value would tell
      const url = `${encodePath(mount.path)}/subkeys/${encodePath(path)}`;
      try {
        const answer = await explained(
          () => clientOf(mount.namespace).read(url),
          "read",
          `${mount.path}/subkeys/${path}`,
        );
        return Object.keys(Subkeys.parse(answer).data.subkeys ?? {});
      } catch (error) {
        if (error instanceof NotInVaultError) return null; // deleted, destroyed, or nothing written yet
        throw error;
      }
    },
  };
}

/** Mounts under which the identity may do something: Vault tells these without a right of its own. */
export async function listVisibleMounts(client: Pick<VaultClient, "read">, namespace = ""): Promise<MountInfo[]> {
  const { data } = VisibleMounts.parse(await patiently(() => client.read("sys/internal/ui/mounts")));
  return mountsOf(namespace, data.secret);
}

/** Our own, and all below it. A namespace whose children may not be listed is crawled itself. */
async function listNamespacesBelow(
  clientOf: (namespace: string) => CatalogClient,
  own: string,
): Promise<NamespaceList> {
  const namespaces: string[] = [];
  const unreadable: { namespace: string; missingRight: string }[] = [];
  for (const waiting = [own]; waiting.length > 0; ) {
    const namespace = waiting.shift() ?? "";
    namespaces.push(namespace);
    try {
      const names = await explained(() => clientOf(namespace).list("sys/namespaces"), "list", "sys/namespaces/");
      waiting.push(...names.map((name) => [namespace, name.replace(/\/$/, "")].filter(Boolean).join("/")));
    } catch (error) {
      if (!(error instanceof CatalogRightMissingError)) throw error;
      unreadable.push({ namespace, missingRight: error.missingRight });
    }
  }
  return { namespaces, isShown: true, unreadable };
}

function mountsOf(namespace: string, mounts: Readonly<Record<string, z.output<typeof Mount>>>): MountInfo[] {
  return Object.entries(mounts)
    .filter(([path, { type }]) => path.endsWith("/") && !OF_VAULT_ITSELF.has(type))
    .map(([path, { type, accessor, options }]) => ({
      ...{ namespace, path: path.slice(0, -1), accessor, engine: engineOf(type, options?.version) },
    }));
}

function engineOf(type: string, version: string | undefined): string {
  if (type !== "kv" && type !== "generic") return type;
  return version === "2" ? "kv-v2" : "kv-v1";
}

const listRoot = (mount: MountInfo): string => (mount.engine === "kv-v2" ? `${mount.path}/metadata` : mount.path);

function encodedFolder(mount: MountInfo, folder: string): string {
  const root = encodePath(listRoot(mount));
  return folder === "" ? `${root}/` : `${root}/${encodePath(folder.replace(/\/$/, ""))}/`;
}

async function explained<T>(call: () => Promise<T>, capability: "list" | "read", policyPath: string): Promise<T> {
  try {
    return await patiently(call);
  } catch (error) {
    if (error instanceof VaultRefusedError && error.statusCode === 403) {
      throw new CatalogRightMissingError(capability, policyPath);
    }
    if (error instanceof VaultRefusedError && error.statusCode === 404) throw new NotInVaultError(policyPath);
    throw error;
  }
}
