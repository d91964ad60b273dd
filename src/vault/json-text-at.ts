import { findNodeAtLocation, getNodeValue, type Node, parseTree } from "jsonc-parser";
import { VaultUnavailableError } from "./vault-errors.ts";

/** The source text of one member of a JSON answer, character for character. Its failure never quotes the text. */
export function jsonTextAt(text: string, path: readonly string[]): string {
  const { offset, length } = nodeAt(text, path);
  return text.slice(offset, offset + length);
}

export function jsonValueAt(text: string, path: readonly string[]): unknown {
  return getNodeValue(nodeAt(text, path));
}

function nodeAt(text: string, path: readonly string[]): Node {
  const root = parseTree(text, [], { disallowComments: true });
  const node = root && findNodeAtLocation(root, [...path]);
  if (!node) throw new VaultUnavailableError("reading a value", `the answer has no ${path.join(".")}`);
  return node;
}
