import type { ContentChange } from "../store/tables/requests.ts";
import type { RequestContent, ValueShape } from "./content.ts";

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

function fieldsOf({ content, vaultVersion }: RequestView) {
  const { target, shape, olderVersions, settings, adopt, tags, notBefore, reason } = content;
  return new Map<string, string>([
    ["Vault version", vaultVersion === null ? "none" : String(vaultVersion)],
    ["target name", target.name],
    ["target account", target.accountId],
    ["target region", target.region],
    ["KMS key", target.kmsKeyId ?? "AWS-managed key"],
    ["shape", shapeInWords(shape)],
    ["older versions", olderVersions === 0 ? "none" : String(olderVersions)],
    ["description", settings.description ?? "none"],
    ["replicas", settings.replicaRegions.join(", ") || "none"],
    ["resource policy", settings.resourcePolicy ?? "none"],
    ["takes over", adopt === null ? "nothing" : adopt.arn],
    ["earliest time", notBefore ?? "none"],
    ["reason", reason],
    ...Object.entries(tags).map(([tag, value]): [string, string] => [`tag ${tag}`, value]),
  ]);
}

/** For people, in a few words. */
export function shapeInWords(shape: ValueShape): string {
  switch (shape.kind) {
    case "document":
      return "the whole document";
    case "single":
      return `only the key ${shape.key}${shape.encoding === "base64" ? ", decoded from base64" : ""}`;
    case "split":
      return shape.parts.map(({ name, keys }) => `${name}: ${keys.join(", ")}`).join("; ");
  }
}
