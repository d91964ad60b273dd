import type { ContentChange } from "../store/schema.ts";
import type { RequestContent } from "./content.ts";

export interface RequestView {
  readonly content: RequestContent;
  readonly vaultVersion: number | null;
}

/** The visible differences between two content versions, field by field, in people's words. */
export function contentChanges(before: RequestView, after: RequestView): ContentChange[] {
  const [from, to] = [fieldsOf(before), fieldsOf(after)];
  return [...new Set([...from.keys(), ...to.keys()])]
    .map((field) => ({ field, from: from.get(field) ?? "none", to: to.get(field) ?? "none" }))
    .filter((change) => change.from !== change.to);
}

function fieldsOf({ content: { target, shape, tags, notBefore, reason }, vaultVersion }: RequestView) {
  return new Map<string, string>([
    ["Vault version", vaultVersion === null ? "none" : String(vaultVersion)],
    ["target name", target.name],
    ["target account", target.accountId],
    ["target region", target.region],
    ["KMS key", target.kmsKeyId ?? "AWS-managed key"],
    ["shape", shape.kind === "single" ? `only the key ${shape.key}` : "the whole document"],
    ["earliest time", notBefore ?? "none"],
    ["reason", reason],
    ...Object.entries(tags).map(([tag, value]): [string, string] => [`tag ${tag}`, value]),
  ]);
}
