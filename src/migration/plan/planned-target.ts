import type { TargetRef } from "../../approvals/content.ts";
import type { SecretPath } from "../../catalog/secret-path.ts";
import { GloveboxError } from "../../errors.ts";
import type { AllowedTarget } from "../allowed-target.ts";
import type { PreflightFault } from "../preflight-fault.ts";
import { suggestTargetName } from "../target-name.ts";

/** Where a secret would go, or why its path gives no name. */
export type PlannedTarget = { readonly target: TargetRef } | { readonly target: null; readonly fault: PreflightFault };

/** The target that a form would offer: the rule's account, region and first key, and the name by the template. */
export function plannedTarget({ namespace, mount, path }: SecretPath, rule: AllowedTarget): PlannedTarget {
  try {
    const name = suggestTargetName({ namespace, mount, path }, rule);
    const { accountId, region, kmsKeyIds } = rule;
    return { target: { accountId, region, name, kmsKeyId: kmsKeyIds[0] ?? null } };
  } catch (error) {
    if (!(error instanceof GloveboxError)) throw error;
    return { target: null, fault: { code: error.code, field: "target", text: error.userMessage, blocks: true } };
  }
}
