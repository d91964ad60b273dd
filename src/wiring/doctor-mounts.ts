import { isKeyValue } from "../catalog/catalog-source.ts";
import { listReadableMounts } from "../catalog/crawl/find-mounts.ts";
import type { CommonConfig } from "../config.ts";
import { openStore } from "../store/open-store.ts";
import { listVisibleMounts } from "../vault/catalog-source.ts";
import { standingClient } from "../vault/login/standing-client.ts";
import type { VaultLogin } from "../vault/login/vault-login.ts";
import type { CataloguedMount, ServedMount } from "../vault/setup/policies.ts";

/** The mounts on which an identity's rights are tried. */
export interface CheckedMounts {
  readonly served: readonly ServedMount[];
  /** Of other engines, whose roles the catalogue lists. */
  readonly others: readonly CataloguedMount[];
}

/** Those on which the catalogue has a right: it knows of others too, which Glovebox does not serve. */
export async function visibleMounts(login: VaultLogin): Promise<CheckedMounts> {
  return sorted(await listVisibleMounts(standingClient(login)));
}

/** A worker has no catalog identity: it takes the mounts that the bot's crawl could read. */
export async function crawledMounts({ DATABASE_URL, VAULT_NAMESPACE = "" }: CommonConfig): Promise<CheckedMounts> {
  const store = openStore(DATABASE_URL.reveal(), () => {}, 1);
  try {
    return sorted(await listReadableMounts(store, VAULT_NAMESPACE));
  } finally {
    await store.destroy();
  }
}

function sorted(mounts: readonly CataloguedMount[]): CheckedMounts {
  return { served: mounts.flatMap(servedMount), others: mounts.filter((mount) => !isKeyValue(mount)) };
}

function servedMount({ path, engine }: CataloguedMount): ServedMount[] {
  if (engine === "kv-v1") return [{ path, engine: "kv-v1" }];
  if (engine === "kv-v2") return [{ path, engine: "kv-v2" }];
  return [];
}
