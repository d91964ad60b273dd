import type { SecretPath } from "../catalog/secret-path.ts";
import { GloveboxError } from "../errors.ts";
import { type NamePart, parseNameTemplate, USUAL_NAME_TEMPLATE } from "./name-template.ts";

/** Marks that no escape looks like. */
export const NAMESPACE_END = "=n/";
export const MOUNT_END = "=m";
export const ABSENT = "=x";

/** AWS's limit, in characters of its alphabet (all of them ASCII). */
const MAX_TARGET_NAME_LENGTH = 512;

/** AWS ends an ARN with a dash and six characters; a name that ends like that is found under the wrong ARN. */
const ARN_SUFFIX = /-(?=[A-Za-z0-9]{6}$)/;

export class TargetNameTooLongError extends GloveboxError {
  readonly code = "TARGET_NAME_TOO_LONG";
  readonly userMessage: string;
  constructor(length: number) {
    super(`the target name would have ${length} characters, AWS takes ${MAX_TARGET_NAME_LENGTH}`);
    this.userMessage = `The name that this path would get in AWS has ${length} characters and AWS takes ${MAX_TARGET_NAME_LENGTH}, so I can't suggest one. Type a shorter name in the form.`;
  }
}

/** How a rule names its targets. */
export interface NameRule {
  /** In AWS's alphabet: `vault/`. */
  readonly namePrefix: string;
  /** One that `nameTemplateFault` lets through; the usual one where absent. */
  readonly name?: string | undefined;
}

/**
 * The target's name for a source, by the rule's template: usually `<prefix><mount>/<path>`. No two sources get the same
 * name. What AWS doesn't allow becomes `=XX` (UTF-8 byte, hex), and so does `=`. As `=` is always followed by two hex
 * digits there, `=n/` can mark the end of a namespace, `=m` the end of a mount that has slashes itself, and `=x` a folder
 * that the path doesn't have.
 * @throws {TargetNameTooLongError} More than 512 characters.
 */
export function suggestTargetName(source: SecretPath, { namePrefix, name: template }: NameRule): string {
  const parts = parseNameTemplate(template ?? USUAL_NAME_TEMPLATE);
  if (parts === null) throw new Error("a name template that the rules' check never saw");
  const folders = source.path.split("/");
  const text = parts.map((part) => textOf(part, source, folders, namePrefix)).join("");
  const name = text.replace(ARN_SUFFIX, "=2D");
  if (name.length > MAX_TARGET_NAME_LENGTH) throw new TargetNameTooLongError(name.length);
  return name;
}

function textOf(part: NamePart, { namespace, mount }: SecretPath, folders: readonly string[], prefix: string): string {
  switch (part.kind) {
    case "literal":
      return part.text;
    case "prefix":
      return prefix;
    case "namespace":
      return namespace === "" ? "" : `${escapeName(namespace)}${NAMESPACE_END}`;
    case "mount":
      return `${escapeName(mount)}${mount.includes("/") ? MOUNT_END : ""}`;
    case "segment":
      return escapedOrAbsent(folders[part.index]);
    case "rest":
      return escapedOrAbsent(folders.length > part.from ? folders.slice(part.from).join("/") : undefined);
  }
}

const escapedOrAbsent = (text: string | undefined): string => (text === undefined ? ABSENT : escapeName(text));

/** Why AWS would refuse or confuse a name that a person typed, or null. One sentence with the next step. */
export function targetNameFault(name: string): { code: string; text: string } | null {
  if (name.length > MAX_TARGET_NAME_LENGTH) {
    const text = `That name has ${name.length} characters and AWS takes ${MAX_TARGET_NAME_LENGTH}. Type a shorter one.`;
    return { code: "TARGET_NAME_TOO_LONG", text };
  }
  if (!/^[A-Za-z0-9/_+=.@-]+$/.test(name)) {
    const text = "AWS takes only letters without accents, digits and / _ + = . @ - in a name. Replace the others.";
    return { code: "TARGET_NAME_INVALID", text };
  }
  if (ARN_SUFFIX.test(name)) {
    const text =
      "A name that ends in a dash and six letters or digits looks like the end of an AWS ARN. Change its end.";
    return { code: "TARGET_NAME_AMBIGUOUS", text };
  }
  return null;
}

function escapeName(text: string): string {
  return text.replace(/[^A-Za-z0-9/_+.@-]/gu, (character) =>
    [...Buffer.from(character)].map((byte) => `=${byte.toString(16).toUpperCase().padStart(2, "0")}`).join(""),
  );
}
