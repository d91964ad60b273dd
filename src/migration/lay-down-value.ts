import { type Node, type ParseError, parseTree } from "jsonc-parser";
import type { ValueShape } from "../approvals/content.ts";
import { GloveboxError } from "../errors.ts";
import { Secret } from "../secret.ts";

/** AWS counts UTF-8 bytes. */
export const MAX_VALUE_BYTES = 65_536;

export class MissingKeyError extends GloveboxError {
  readonly code = "MISSING_KEY";
  readonly userMessage =
    "The secret doesn't have the one key that the request names, so nothing was written. Change the key in the request, or ask for the whole document.";
  constructor() {
    super("the secret has no such key");
  }
}

export class OversizedValueError extends GloveboxError {
  readonly code = "OVERSIZED_VALUE";
  readonly userMessage: string;
  readonly sizeBytes: number;
  constructor(sizeBytes: number) {
    super(`the value has ${sizeBytes} bytes, AWS takes ${MAX_VALUE_BYTES}`);
    this.sizeBytes = sizeBytes;
    const [size, limit] = [sizeBytes, MAX_VALUE_BYTES].map((count) => count.toLocaleString("en-US"));
    this.userMessage = `The value has ${size} bytes and AWS takes ${limit}, so nothing was written and Vault is unchanged. Split the secret into several in Vault, or move one of its keys alone.`;
  }
}

export class EmptyValueError extends GloveboxError {
  readonly code = "EMPTY_VALUE";
  readonly userMessage =
    "The key's value is empty and AWS keeps no empty value, so nothing was written. Give it a value in Vault, or move the whole document.";
  constructor() {
    super("the value is the empty string");
  }
}

export class UnreadableValueError extends GloveboxError {
  readonly code = "UNREADABLE_VALUE";
  readonly userMessage =
    "Vault's answer is not a JSON document that I can carry over without changing it, so nothing was written. Ask support to look at this path.";
  /** @param reason In our words: a parser's own message may quote the value. */
  constructor(reason: string) {
    super(`the secret's data can't be laid down: ${reason}`);
  }
}

/**
 * Turns Vault's answer into the text that goes into SecretString. Numbers keep their digits, keys their order; only
 * the writing changes (Go writes `&` as `\u0026`, we write `&`).
 * @param data The JSON text of the secret's data object, as Vault sent it.
 * @throws {UnreadableValueError} {MissingKeyError} {EmptyValueError} {OversizedValueError}
 */
export function layDownValue(data: Secret, shape: ValueShape): Secret {
  const text = data.reveal();
  const root = parseObject(text);
  const value = new Secret(shape.kind === "single" ? bareText(memberOf(root, shape.key), text) : jsonText(root, text));
  if (value.sizeBytes === 0) throw new EmptyValueError();
  if (value.sizeBytes > MAX_VALUE_BYTES) throw new OversizedValueError(value.sizeBytes);
  return value;
}

function parseObject(text: string): Node {
  const faults: ParseError[] = [];
  let root: Node | undefined;
  try {
    root = parseTree(text, faults, { disallowComments: true, allowTrailingComma: false });
  } catch {
    throw new UnreadableValueError("it is nested too deeply"); // the parser recurses; its error is dropped
  }
  if (root === undefined || faults.length > 0) throw new UnreadableValueError("it is not JSON");
  if (root.type !== "object") throw new UnreadableValueError("it is not a JSON object");
  return root;
}

/** Key and value nodes of an object. A parser that keeps one of two equal keys would lose a value in silence. */
function membersOf(object: Node): { key: string; value: Node }[] {
  const members = (object.children ?? []).map(({ children: [key, value] = [] }) => {
    if (typeof key?.value !== "string" || value === undefined) throw new UnreadableValueError("it is not JSON");
    return { key: key.value, value };
  });
  if (new Set(members.map(({ key }) => key)).size < members.length)
    throw new UnreadableValueError("a key is there twice");
  return members;
}

function memberOf(root: Node, key: string): Node {
  const member = membersOf(root).find((candidate) => candidate.key === key);
  if (!member) throw new MissingKeyError();
  return member.value;
}

function bareText(node: Node, text: string): string {
  if (typeof node.value !== "string") return jsonText(node, text);
  if (!node.value.isWellFormed()) throw new UnreadableValueError("a character has no UTF-8 form");
  return node.value;
}

function jsonText(node: Node, text: string): string {
  switch (node.type) {
    case "object":
      return `{${membersOf(node)
        .map(({ key, value }) => `${JSON.stringify(key)}:${jsonText(value, text)}`)
        .join(",")}}`;
    case "array":
      return `[${(node.children ?? []).map((child) => jsonText(child, text)).join(",")}]`;
    case "string":
      return JSON.stringify(node.value);
    default:
      return text.slice(node.offset, node.offset + node.length); // numbers keep their digits; true, false, null
  }
}
