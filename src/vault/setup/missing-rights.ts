import { z } from "zod";
import type { VaultClient } from "../vault-client.ts";

/**
 * What the operator's token may not do of what is to be written, so that nothing is left half done for want of a right.
 * @returns `update on sys/policies/acl/gb-admin`, one line each.
 */
export async function findMissingRights(
  operator: VaultClient,
  paths: readonly string[],
  verb: "update" | "delete",
): Promise<string[]> {
  if (paths.length === 0) return [];
  const answer = await operator.write("sys/capabilities-self", { paths: [...new Set(paths)] });
  const { data } = z.object({ data: z.record(z.string(), z.unknown()) }).parse(answer);
  return [...new Set(paths)].flatMap((path) => {
    const has = z.array(z.string()).catch([]).parse(data[path]);
    if (has.includes("root")) return [];
    const needs = /^sys\/auth\//.test(path) ? [verb, "sudo"] : [verb]; // Vault protects these by sudo as well
    const missing = needs.filter((one) => !has.includes(one) && !(one === "update" && has.includes("create")));
    return missing.length === 0 ? [] : [`${missing.join(" and ")} on ${path}`];
  });
}
