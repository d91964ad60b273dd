import { BadConfigError, type Config, loadConfig, loadStoreConfig, type Role } from "../config.ts";
import { codeOf } from "../errors.ts";
import { BadRulesError, loadRules, type Rules } from "../rules.ts";
import { openStore, type Store } from "../store/open-store.ts";
import { assertNamespacesShown } from "../vault/login/namespaced-login.ts";
import { openVaultClient, type VaultClient } from "../vault/vault-client.ts";
import { findStoreFaults } from "./find-store-faults.ts";

/** Postgres's code. */
const UNDEFINED_TABLE = "42P01";

/** The environment and glovebox.yaml, read once, with every fault of both named together. */
export function configure(role: Role): { config: Config; rules: Rules } {
  const faults: string[] = [];
  const read = <T>(load: () => T): T | null => {
    try {
      return load();
    } catch (error) {
      if (error instanceof BadConfigError) faults.push(...error.faults);
      else if (error instanceof BadRulesError) faults.push(error.message);
      else throw error;
      return null;
    }
  };
  const config = read(() => loadConfig(process.env, role));
  const rules = read(() => loadRules(process.env.GLOVEBOX_RULES ?? "glovebox.yaml"));
  if (config === null || rules === null) throw new BadConfigError(faults);
  return { config, rules };
}

/** @throws {BadConfigError} The database can't be reached, or has no tables of ours. */
export async function withStore<T>(use: (store: Store) => Promise<T>): Promise<T> {
  const { DATABASE_URL } = loadStoreConfig(process.env);
  const faults = await findStoreFaults(DATABASE_URL);
  if (faults.length > 0) throw new BadConfigError(faults);
  const store = openStore(DATABASE_URL.reveal(), () => {}, 2);
  try {
    return await use(store);
  } catch (error) {
    if (codeOf(error) !== UNDEFINED_TABLE) throw error;
    throw new BadConfigError(["DATABASE_URL: the database has no tables of ours yet: `glovebox start` makes them"]);
  } finally {
    await store.destroy();
  }
}

/**
 * Vault with an operator's token, in the namespace of the installation.
 * @throws {BadConfigError} {NamespacesNotShownError}
 */
export async function operatorClient(namespace = process.env.VAULT_NAMESPACE ?? ""): Promise<VaultClient> {
  const { VAULT_ADDR, VAULT_TOKEN } = process.env;
  const missing = Object.entries({ VAULT_ADDR, VAULT_TOKEN }).filter(([, value]) => !value);
  if (!VAULT_ADDR || !VAULT_TOKEN) throw new BadConfigError(missing.map(([name]) => `${name} is not set`));
  const vault = { address: VAULT_ADDR, timeoutMs: 10_000, namespace };
  await assertNamespacesShown(vault, VAULT_TOKEN);
  return openVaultClient(vault, VAULT_TOKEN);
}
