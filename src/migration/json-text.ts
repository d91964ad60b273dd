import { type Node, type ParseError, parseTree } from "jsonc-parser";
import type { Secret } from "../secret.ts";
import { UnreadableValueError } from "./value-errors.ts";

/** A secret's document, parsed without losing a digit. It holds the value: it goes no further than this room's memory. */
export interface JsonDocument {
  readonly text: string;
  readonly root: Node;
}

/** @throws {UnreadableValueError} The text is no JSON object, or not one that can be carried over unchanged. */
export function parseObject(data: Secret): JsonDocument {
  const text = data.reveal();
  const faults: ParseError[] = [];
  let root: Node | undefined;
  try {
    root = parseTree(text, faults, { disallowComments: true, allowTrailingComma: false });
  } catch {
    throw new UnreadableValueError("it is nested too deeply"); // the parser recurses; its error is dropped
  }
  if (root === undefined || faults.length > 0) throw new UnreadableValueError("it is not JSON");
  if (root.type !== "object") throw new UnreadableValueError("it is not a JSON object");
  return { text, root };
}

export interface JsonMember {
  readonly key: string;
  readonly value: Node;
}

/** Key and value nodes of an object. A parser that keeps one of two equal keys would lose a value in silence. */
export function membersOf(object: Node): JsonMember[] {
  const members = (object.children ?? []).map(({ children: [key, value] = [] }) => {
    if (typeof key?.value !== "string" || value === undefined) throw new UnreadableValueError("it is not JSON");
    return { key: key.value, value };
  });
  if (new Set(members.map(({ key }) => key)).size < members.length)
    throw new UnreadableValueError("a key is there twice");
  return members;
}

/** Numbers keep their digits, keys their order; only the writing changes (Go writes `&` as `\u0026`, we write `&`). */
export function jsonText(node: Node, text: string): string {
  switch (node.type) {
    case "object":
      return objectText(membersOf(node), text);
    case "array":
      return `[${(node.children ?? []).map((child) => jsonText(child, text)).join(",")}]`;
    case "string":
      return JSON.stringify(node.value);
    default:
      return text.slice(node.offset, node.offset + node.length); // numbers keep their digits; true, false, null
  }
}

export function objectText(members: readonly JsonMember[], text: string): string {
  return `{${members.map(({ key, value }) => `${JSON.stringify(key)}:${jsonText(value, text)}`).join(",")}}`;
}
