import { z } from "zod";
import type { VaultClient } from "../vault-client.ts";
import type { PolicyBody } from "./policies.ts";
import { readOptional } from "./read-optional.ts";
import { type Fields, isSame, type SetupObject } from "./setup-object.ts";

const Policy = z.object({ data: z.object({ policy: z.string() }) });

export function policyObject(operator: VaultClient, name: string, body: PolicyBody): SetupObject {
  const path = `sys/policies/acl/${name}`;
  return {
    title: `policy ${name}`,
    wanted: { ...body },
    writes: [path],
    async live() {
      const answer = await readOptional(operator, path);
      return answer === null ? null : policyFields(Policy.parse(answer).data.policy, body);
    },
    async write() {
      await operator.write(path, { policy: JSON.stringify(body) });
    },
  };
}

/** As it was meant, not as it was spelt: JSON in any order. Somebody's HCL is shown as its lines. */
function policyFields(text: string, wanted: PolicyBody): Fields {
  try {
    const parsed = z.record(z.string(), z.unknown()).parse(JSON.parse(text));
    return isSame(parsed, wanted) ? { ...wanted } : parsed;
  } catch {
    return { hcl: text.split("\n") };
  }
}
