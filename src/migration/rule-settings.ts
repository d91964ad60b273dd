import { PLAIN_SETTINGS, type RequestContent, type TargetSettings } from "../approvals/content.ts";
import type { SecretPath } from "../catalog/secret-path.ts";

/** What a target's rule adds to every target under it. */
export interface SettingsRule {
  /** A text with `{namespace}`, `{mount}`, `{path}` and `{tag:<name>}`. AWS shows it in the clear to whoever may list. */
  readonly description?: string | undefined;
  readonly replicaRegions?: readonly string[] | undefined;
  /** JSON text. */
  readonly resourcePolicy?: string | undefined;
}

const MAX_DESCRIPTION_LENGTH = 2_048;
const PLACEHOLDER = /\{(?:(namespace|mount|path)|tag:([^{}]+))\}/g;

/** What a move by this rule sets on its target. The bot signs it; the worker works it out again from its own rules. */
export function settingsFor(
  { description, replicaRegions, resourcePolicy }: SettingsRule,
  { source, tags }: { readonly source: SecretPath; readonly tags: RequestContent["tags"] },
): TargetSettings {
  const words = description?.replace(PLACEHOLDER, (_, part: "namespace" | "mount" | "path" | undefined, tag: string) =>
    part === undefined ? (tags[tag] ?? "unknown") : source[part],
  );
  return {
    ...PLAIN_SETTINGS,
    description: words === undefined || words === "" ? null : shortened(words),
    replicaRegions: [...(replicaRegions ?? [])],
    resourcePolicy: resourcePolicy ?? null,
  };
}

/** What a rule's description holds that is no placeholder of ours, or null. @param tags Those that the form writes. */
export function descriptionFault(description: string, tags: readonly string[]): string | null {
  const unknownTag = [...description.matchAll(PLACEHOLDER)].find(
    ([, , tag]) => tag !== undefined && !tags.includes(tag),
  );
  if (unknownTag) return `\`${unknownTag[0]}\`: no field of the form is written as that tag.`;
  const other = /\{[^{}]*\}?/.exec(description.replace(PLACEHOLDER, ""));
  return other === null
    ? null
    : `\`${other[0]}\` is none of {namespace}, {mount}, {path} and {tag:owner-team} (or another tag of the form).`;
}

const shortened = (text: string): string =>
  text.length <= MAX_DESCRIPTION_LENGTH ? text : `${text.slice(0, MAX_DESCRIPTION_LENGTH - 1).toWellFormed()}…`;
