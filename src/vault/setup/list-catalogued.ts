import { z } from "zod";
import { isKeyValue } from "../../catalog/catalog-source.ts";
import { roleListsOf } from "../../catalog/playbooks.ts";
import { vaultCatalogSource } from "../catalog-source.ts";
import type { VaultClient } from "../vault-client.ts";
import { policyName, type VaultNames } from "../vault-names.ts";
import { type Catalogued, type CataloguedMount, catalogRules } from "./policies.ts";
import { readOptional } from "./read-optional.ts";

/** All that the catalogue could list besides KV mounts of our namespace. @param namespace Ours, in full; "" for the root. */
export async function listCatalogued(operator: VaultClient, namespace: string): Promise<Catalogued> {
  const source = vaultCatalogSource(operator, namespace);
  const { namespaces, isShown } = await source.listNamespaces();
  const relative = (full: string): string => full.slice(namespace.length).replace(/^\//, "");
  const mounts: CataloguedMount[] = [];
  for (const each of namespaces) {
    const below = relative(each);
    for (const { path, engine } of (await source.listMounts(each)).mounts) {
      const isOfUse = isKeyValue({ engine }) ? below !== "" : roleListsOf(engine).length > 0;
      if (isOfUse) mounts.push({ path: below === "" ? path : `${below}/${path}`, engine });
    }
  }
  return { mounts, namespaces: isShown ? namespaces.slice(1).map(relative) : null };
}

/**
 * What of it the catalogue's policy already covers: an operator who wanted less, or has mounted something since, is not
 * wrong. What is not covered, each crawl says with the right that is missing.
 */
export async function findCatalogued(operator: VaultClient, names: VaultNames, namespace: string): Promise<Catalogued> {
  const [all, covered] = await Promise.all([listCatalogued(operator, namespace), coveredPaths(operator, names)]);
  return {
    mounts: all.mounts.filter((mount) => catalogRules(mount).every(([path]) => covered.has(path))),
    namespaces: covered.has("sys/namespaces/")
      ? (all.namespaces ?? []).filter((each) => covered.has(`${each}/sys/mounts`))
      : null,
  };
}

const Policy = z.object({ data: z.object({ policy: z.string() }) });
const Body = z.object({ path: z.record(z.string(), z.unknown()) });

async function coveredPaths(operator: VaultClient, names: VaultNames): Promise<ReadonlySet<string>> {
  const answer = await readOptional(operator, `sys/policies/acl/${policyName(names, "catalog")}`);
  if (answer === null) return new Set();
  try {
    return new Set(Object.keys(Body.parse(JSON.parse(Policy.parse(answer).data.policy)).path));
  } catch {
    return new Set(); // somebody's HCL: findDrift says so
  }
}
