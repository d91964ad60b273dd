import { isDeepStrictEqual } from "node:util";
import type { RequestContent, TargetRef } from "../approvals/content.ts";
import { type SettingsRule, settingsFor } from "./rule-settings.ts";
import type { NameRule } from "./target-name.ts";

/** One line of the rules: where secrets may go, how they are called there, and what is set on them. */
export interface AllowedTarget extends NameRule, SettingsRule {
  readonly accountId: string;
  readonly region: string;
  /** Names must start with it; "" allows any. */
  readonly namePrefix: string;
  /** Empty: the AWS-managed key alone. */
  readonly kmsKeyIds: readonly string[];
}

/** True if some rule allows this account, region, name and key together. */
export function isAllowedTarget(rules: readonly AllowedTarget[], target: TargetRef): boolean {
  return rules.some((rule) => allowsPlace(rule, target) && allowsKey(rule, target));
}

/**
 * True if some rule allows the target and sets exactly this on it. Compared and not merely limited: whoever signs with a
 * stolen key can't hang a policy, a replica or a text of his own on a target.
 */
export function areAllowedSettings(
  rules: readonly AllowedTarget[],
  { target, settings, source, tags }: Pick<RequestContent, "target" | "settings" | "source" | "tags">,
): boolean {
  return rules.some(
    (rule) =>
      allowsPlace(rule, target) &&
      allowsKey(rule, target) &&
      isDeepStrictEqual(settingsFor(rule, { source, tags }), { ...settings }),
  );
}

/** What no rule allows, in one sentence with the next step, or null. */
export function targetRuleFault(rules: readonly AllowedTarget[], target: TargetRef): string | null {
  if (isAllowedTarget(rules, target)) return null;
  const here = rules.filter(({ accountId, region }) => accountId === target.accountId && region === target.region);
  if (here.length === 0) {
    return `Secrets may not go to account ${target.accountId} in ${target.region}. Choose a target from the list, or ask an operator to add it to the rules.`;
  }
  if (!here.some((rule) => allowsPlace(rule, target))) {
    const prefixes = here.map(({ namePrefix }) => `\`${namePrefix}\``).join(" or ");
    return `Names in that account must start with ${prefixes}. Change the name.`;
  }
  return "The rules don't allow that encryption key for this target. Choose another key.";
}

function allowsPlace(rule: AllowedTarget, { accountId, region, name }: TargetRef): boolean {
  return rule.accountId === accountId && rule.region === region && name.startsWith(rule.namePrefix);
}

function allowsKey({ kmsKeyIds }: AllowedTarget, { kmsKeyId }: TargetRef): boolean {
  return kmsKeyId === null ? kmsKeyIds.length === 0 : kmsKeyIds.includes(kmsKeyId);
}
