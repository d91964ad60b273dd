/** One piece of a name template, in the order of the name. */
export type NamePart =
  | { readonly kind: "literal"; readonly text: string }
  | { readonly kind: "prefix" }
  | { readonly kind: "namespace" }
  | { readonly kind: "mount" }
  /** One folder of the path, counted from 0. */
  | { readonly kind: "segment"; readonly index: number }
  /** The path from that folder on; from 0 it is the whole path. It alone may hold slashes that nothing marks. */
  | { readonly kind: "rest"; readonly from: number };

export const USUAL_NAME_TEMPLATE = "{prefix}{namespace}{mount}/{path}";

/** `=` begins an escape (docs/decisions/0012), so no literal may hold it. */
const LITERAL = /^[A-Za-z0-9/_+.@-]+$/;
const TOKEN = /\{([^{}]*)\}|([^{}]+)|[{}]/g;

/** The parts of a template, or null where a placeholder or a literal is not one of ours. */
export function parseNameTemplate(template: string): readonly NamePart[] | null {
  const parts = [...template.matchAll(TOKEN)].map(([, inside, literal]) => partOf(inside, literal));
  return parts.includes(null) ? null : parts.filter((part) => part !== null);
}

function partOf(inside: string | undefined, literal: string | undefined): NamePart | null {
  if (literal !== undefined) return LITERAL.test(literal) ? { kind: "literal", text: literal } : null;
  if (inside === "prefix" || inside === "namespace" || inside === "mount") return { kind: inside };
  if (inside === "path") return { kind: "rest", from: 0 };
  const [, number, colon] = /^path\[(\d|1\d)(:?)\]$/.exec(inside ?? "") ?? [];
  if (number === undefined) return null;
  return colon === ":" ? { kind: "rest", from: Number(number) } : { kind: "segment", index: Number(number) };
}

/**
 * Why two secrets could get one name by this template, with a template that is right; or null: then every name can be
 * read back to the one source that it stands for (see read-target-name.ts), so no two share one.
 */
export function nameTemplateFault(template: string): string | null {
  const reason = reasonAgainst(template);
  return reason === null ? null : `${reason} For example: \`${repaired(template)}\`.`;
}

function reasonAgainst(template: string): string | null {
  const parts = parseNameTemplate(template);
  if (parts === null) return tokenFault(template);
  return missingPart(parts) ?? unclearEnd(parts);
}

function tokenFault(template: string): string {
  const lossy = /\{(\w+(?:\[\d+:?\])?):(\w+)\}/.exec(template);
  if (lossy) {
    return `\`${lossy[0]}\` would make one name of two that differ, and one secret would meet the other. Use \`{${lossy[1]}}\`.`;
  }
  return "It may hold {prefix}, {namespace}, {mount}, {path}, {path[0]} and {path[1:]} (folders counted from 0), and between them letters, digits and / _ + . @ - alone.";
}

function missingPart(parts: readonly NamePart[]): string | null {
  if (parts[0]?.kind !== "prefix") return "It must begin with {prefix}, for the worker refuses names without it.";
  for (const kind of ["prefix", "namespace", "mount", "rest"] as const) {
    const count = parts.filter((part) => part.kind === kind).length;
    const word = kind === "rest" ? "{path}, or its end as {path[1:]}," : `{${kind}}`;
    if (count === 0) return `It leaves out ${word} so secrets that differ there alone would get one name.`;
    if (count > 1) return `It has ${word} twice.`;
  }
  const from = parts.find((part) => part.kind === "rest")?.from ?? 0;
  const indexes = parts.flatMap((part) => (part.kind === "segment" ? [part.index] : [])).toSorted((a, b) => a - b);
  const isWhole = indexes.length === from && indexes.every((index, place) => index === place);
  return isWhole
    ? null
    : `It must have each folder of the path once: {path[0]} and so on up to where {path[${from}:]} begins.`;
}

/** A decoder must see where each part ends. Namespaces end in a mark; a mount or a folder ends at its slash. */
function unclearEnd(parts: readonly NamePart[]): string | null {
  for (const [place, part] of parts.entries()) {
    const after = parts.slice(place + 1);
    if (part.kind === "rest" && after.some(({ kind }) => kind !== "literal")) {
      return "The path may have any number of slashes, so nobody could tell where it ends: it must come last.";
    }
    const [next] = after;
    const isClosed = next?.kind === "literal" && next.text.startsWith("/");
    if ((part.kind === "mount" || part.kind === "segment") && !isClosed) {
      return `Nobody could tell where ${say(part)} ends: a slash must follow it.`;
    }
  }
  return null;
}

function say(part: NamePart): string {
  switch (part.kind) {
    case "literal":
      return part.text;
    case "segment":
      return `{path[${part.index}]}`;
    case "rest":
      return part.from === 0 ? "{path}" : `{path[${part.from}:]}`;
    default:
      return `{${part.kind}}`;
  }
}

/** The template with its faults put right as far as that can be told, or the usual one. */
function repaired(template: string): string {
  const plain = template.replace(/\{(\w+(?:\[\d+:?\])?):\w+\}/g, "{$1}").replace(/[^A-Za-z0-9/_+.@{}[\]:-]/g, "-");
  const headed = plain.startsWith("{prefix}") ? plain : `{prefix}${plain.replaceAll("{prefix}", "")}`;
  const named = headed.includes("{namespace}") ? headed : headed.replace("{prefix}", "{prefix}{namespace}");
  const mounted = named.includes("{mount}") ? named : named.replace(/\{path/, "{mount}/{path");
  const closed = mounted.replace(/(\{mount\}|\{path\[\d+\]\})[_+.@-]*(?=\{|$)/g, "$1/");
  const folders = [...closed.matchAll(/\{path\[\d+\]\}/g)].length;
  const whole = /\{path(\[\d+:\])?\}/.test(closed) ? closed : `${closed.replace(/\/?$/, "/")}{path[${folders}:]}`;
  const usual = whole.replace("{path[0:]}", "{path}");
  return reasonAgainst(usual) === null ? usual : USUAL_NAME_TEMPLATE;
}
