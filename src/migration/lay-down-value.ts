import type { Node } from "jsonc-parser";
import type { ValueShape } from "../approvals/content.ts";
import { Secret } from "../secret.ts";
import { canonicalBase64 } from "./decode-base64.ts";
import { type JsonDocument, jsonText, membersOf, objectText, parseObject } from "./json-text.ts";
import type { TargetValue } from "./secret-target.ts";
import {
  EmptyValueError,
  MAX_VALUE_BYTES,
  MissingKeyError,
  OversizedValueError,
  UnassignedKeyError,
  UnreadableValueError,
} from "./value-errors.ts";

/**
 * Turns Vault's answer into what goes to AWS, one value for each target of the shape, in its order.
 * @param data The JSON text of the secret's data object, as Vault sent it.
 * @throws {UnfitValueError} One of its kinds.
 */
export function layDownValue(data: Secret, shape: ValueShape): TargetValue[] {
  const values = LAY_DOWN[shape.kind](parseObject(data), shape as never);
  for (const value of values) assertFits(value);
  return values;
}

type LayDown<K extends ValueShape["kind"]> = (
  document: JsonDocument,
  shape: Extract<ValueShape, { kind: K }>,
) => TargetValue[];

const LAY_DOWN: { readonly [K in ValueShape["kind"]]: LayDown<K> } = {
  document: ({ root, text }) => [asText(jsonText(root, text))],
  single: (document, { key, encoding }) => {
    const text = bareText(memberOf(document.root, key), document.text);
    return [encoding === "base64" ? { form: "binary", secret: new Secret(canonicalBase64(text)) } : asText(text)];
  },
  split: layDownParts,
};

/** Each part is a document of its own keys, in the secret's order. Every key goes somewhere, and once. */
function layDownParts({ root, text }: JsonDocument, { parts }: Extract<ValueShape, { kind: "split" }>): TargetValue[] {
  const members = membersOf(root);
  const taken = new Set(parts.flatMap(({ keys }) => keys));
  const known = new Set(members.map(({ key }) => key));
  if ([...taken].some((key) => !known.has(key))) throw new MissingKeyError();
  const leftCount = members.filter(({ key }) => !taken.has(key)).length;
  if (leftCount > 0) throw new UnassignedKeyError(leftCount);
  return parts.map(({ keys }) => {
    const own = members.filter(({ key }) => keys.includes(key));
    return asText(objectText(own, text));
  });
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

function asText(text: string): TargetValue {
  return { form: "string", secret: new Secret(text) };
}

/** AWS counts the bytes that it keeps. */
function assertFits({ form, secret }: TargetValue): void {
  const sizeBytes = form === "binary" ? Buffer.from(secret.reveal(), "base64").length : secret.sizeBytes;
  if (sizeBytes === 0) throw new EmptyValueError();
  if (sizeBytes > MAX_VALUE_BYTES) throw new OversizedValueError(sizeBytes);
}
