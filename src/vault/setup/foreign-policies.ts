import { z } from "zod";
import type { VaultClient } from "../vault-client.ts";
import { secretIdPath, type VaultNames } from "../vault-names.ts";
import type { ServedMount } from "./policies.ts";
import { readOptional } from "./read-optional.ts";

/** Somebody else's policy that reaches into our auth mount: who holds it could mint a lease. */
export interface ForeignPolicy {
  readonly policy: string;
  readonly pattern: string;
}

/**
 * Looks through every policy on the server for patterns that match our minting paths. Needs an operator's token.
 * @see facts/vault: a broker allowed `role/+/secret-id` on a shared mount mints for our reader.
 */
export async function findForeignPolicies(
  operator: VaultClient,
  names: VaultNames,
  mounts: readonly ServedMount[],
): Promise<ForeignPolicy[]> {
  const all = await operator.list("sys/policies/acl");
  const foreign = all.filter((name) => name !== "root" && !name.startsWith(`${names.policyPrefix}-`));
  const ours = [...mounts.map(({ path }) => secretIdPath(names, path)), `auth/${names.authMount}/role/admin/secret-id`];
  const found: ForeignPolicy[] = [];
  for (let at = 0; at < foreign.length; at += AT_ONCE) {
    const texts = await Promise.all(foreign.slice(at, at + AT_ONCE).map((policy) => readText(operator, policy)));
    for (const { policy, text } of texts) {
      const patterns = patternsIn(text).filter((pattern) => ours.some((path) => couldMatch(pattern, path)));
      found.push(...patterns.map((pattern) => ({ policy, pattern })));
    }
  }
  return found;
}

/** A server may have thousands. */
const AT_ONCE = 16;

/** One that was deleted after it was listed gives nothing any more. */
async function readText(operator: VaultClient, policy: string): Promise<{ policy: string; text: string }> {
  const answer = await readOptional(operator, `sys/policies/acl/${encodeURIComponent(policy)}`);
  const text = answer === null ? "" : z.object({ data: z.object({ policy: z.string() }) }).parse(answer).data.policy;
  return { policy, text };
}

/** Every quoted string that stands where a path can stand, in HCL or JSON. More than there are paths: it only warns. */
export function patternsIn(policyText: string): string[] {
  return [...policyText.matchAll(/"((?:[^"\\]|\\.)+)"/g)]
    .map((match) => match[1] ?? "")
    .filter((text) => text.includes("/") || text === "*");
}

/** Vault's own matching: `*` at the end is any rest, `+` is one whole segment. */
export function couldMatch(pattern: string, path: string): boolean {
  const hasRest = pattern.endsWith("*");
  const segments = (hasRest ? pattern.slice(0, -1) : pattern)
    .split("/")
    .map((segment) => (segment === "+" ? "[^/]+" : segment.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&")));
  return new RegExp(`^${segments.join("/")}${hasRest ? "" : "$"}`).test(path);
}
