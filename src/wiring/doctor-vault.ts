import type { Config } from "../config.ts";
import type { Rules } from "../rules.ts";
import type { SetupOptions } from "../vault/setup/apply-setup.ts";
import { findDrift, readReaderTtl } from "../vault/setup/find-drift.ts";
import { findForeignPolicies } from "../vault/setup/foreign-policies.ts";
import { holdToPrefixes } from "../vault/setup/hold-to-prefixes.ts";
import { findCatalogued } from "../vault/setup/list-catalogued.ts";
import { listKvMounts } from "../vault/setup/list-kv-mounts.ts";
import { findServedMounts } from "../vault/setup/setup-leftovers.ts";
import type { VaultClient } from "../vault/vault-client.ts";
import type { Finding } from "./finding.ts";

/** What only an operator's token can see: foreign policies, and whether our own set-up is still what was written. */
export async function checkWithOperator(operator: VaultClient, config: Config, rules: Rules): Promise<Finding[]> {
  const { common, worker } = config;
  const names = { authMount: common.VAULT_AUTH_MOUNT, policyPrefix: common.VAULT_POLICY_PREFIX };
  const all = await listKvMounts(operator);
  const served = await findServedMounts(operator, names, all);
  const { mode, prefixes } = rules.gate;
  const mounts = mode === "off" ? holdToPrefixes(served, prefixes) : served;
  const ttl = (await readReaderTtl(operator, { names }, mounts[0]?.path ?? "")) ?? 60;
  const options: SetupOptions = {
    ...{ names, mounts, gate: mode, readerTtlSeconds: ttl, adminTtlSeconds: 120, boundCidrs: [], otherLogins: [] },
    catalogued: await findCatalogued(operator, names, common.VAULT_NAMESPACE ?? ""),
  };
  const patience = worker?.VAULT_READER_TTL_SECONDS ?? ttl;
  const foreign = await findForeignPolicies(operator, names, all);
  return [
    ...(await findDrift(operator, options, knownRoles(config))),
    ...lifeFindings(ttl, patience),
    ...foreign.map(({ policy, pattern }) => ({
      ok: false,
      text: `policy ${policy} reaches into our auth mount by "${pattern}": whoever holds it could mint a lease`,
    })),
    ...(foreign.length === 0 ? [{ ok: true, text: "no foreign policy reaches into our auth mount" }] : []),
  ];
}

/** A worker that reckons with less than a lease's life would take one for dead that can still read. */
export function lifeFindings(ttl: number, patience: number): Finding[] {
  if (ttl <= patience) return [];
  return [{ ok: false, text: `a lease can live ${ttl} s, and VAULT_READER_TTL_SECONDS says ${patience}: too short` }];
}

function knownRoles({ bot, worker }: Config): string[] {
  const logins = [...(bot ? [bot.catalogLogin, bot.gateLogin] : []), ...(worker ? [worker.adminLogin] : [])];
  return logins.flatMap((login) => ("mount" in login ? [`auth/${login.mount}/role/${login.role}`] : []));
}
