import type { SecretPath } from "../catalog/secret-path.ts";
import { type NamePart, parseNameTemplate, USUAL_NAME_TEMPLATE } from "./name-template.ts";
import { ABSENT, MOUNT_END, NAMESPACE_END, type NameRule, suggestTargetName } from "./target-name.ts";

/** What is read so far: `text` is still to be read. */
interface Reading {
  text: string;
  namespace: string;
  mount: string;
  readonly folders: (string | undefined)[];
}

/** The one source whose name by this rule it is, or null: it is no such name. The other way round of `suggestTargetName`. */
export function readTargetName(name: string, rule: NameRule): SecretPath | null {
  const parts = parseNameTemplate(rule.name ?? USUAL_NAME_TEMPLATE);
  if (parts === null) return null;
  const reading: Reading = { text: name.replace(/=2D(?=[A-Za-z0-9]{6}$)/, "-"), namespace: "", mount: "", folders: [] };
  const isRead = parts.every((part, place) => readPart(reading, part, rule.namePrefix, parts.slice(place + 1)));
  const { namespace, mount, folders } = reading;
  const path = folders.filter((folder) => folder !== undefined).join("/");
  if (!isRead || reading.text !== "" || mount === "" || path === "") return null;
  return isNameOf(name, { namespace, mount, path }, rule) ? { namespace, mount, path } : null;
}

/** A person may type what looks like an escape and is none. */
function isNameOf(name: string, source: SecretPath, rule: NameRule): boolean {
  try {
    return suggestTargetName(source, rule) === name;
  } catch {
    return false; // longer than AWS takes
  }
}

function readPart(reading: Reading, part: NamePart, prefix: string, after: readonly NamePart[]): boolean {
  switch (part.kind) {
    case "literal":
      return drop(reading, part.text);
    case "prefix":
      return drop(reading, prefix);
    case "namespace":
      reading.namespace = unescapeName(takeUntil(reading, NAMESPACE_END) ?? "");
      return true;
    case "mount": {
      const marked = takeUntil(reading, MOUNT_END);
      reading.mount = unescapeName(marked ?? takeFolder(reading));
      return true;
    }
    case "segment":
      reading.folders[part.index] = presentOf(takeFolder(reading));
      return true;
    case "rest": {
      const end = after.map((literal) => (literal.kind === "literal" ? literal.text : "")).join("");
      if (!reading.text.endsWith(end)) return false;
      reading.folders[part.from] = presentOf(reading.text.slice(0, reading.text.length - end.length));
      reading.text = end;
      return true;
    }
  }
}

function drop(reading: Reading, text: string): boolean {
  if (!reading.text.startsWith(text)) return false;
  reading.text = reading.text.slice(text.length);
  return true;
}

function takeUntil(reading: Reading, mark: string): string | null {
  const at = reading.text.indexOf(mark);
  if (at < 0) return null;
  const taken = reading.text.slice(0, at);
  reading.text = reading.text.slice(at + mark.length);
  return taken;
}

/** Up to the next slash, which the template's next literal begins with. */
function takeFolder(reading: Reading): string {
  const at = reading.text.indexOf("/");
  const taken = at < 0 ? reading.text : reading.text.slice(0, at);
  reading.text = reading.text.slice(taken.length);
  return taken;
}

const presentOf = (text: string): string | undefined => (text === ABSENT ? undefined : unescapeName(text));

function unescapeName(text: string): string {
  return text.replace(/(?:=[0-9A-F]{2})+/g, (run) => Buffer.from(run.replaceAll("=", ""), "hex").toString());
}
