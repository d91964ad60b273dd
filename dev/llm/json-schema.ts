/** The part of JSON Schema that strict structured output allows. */
export interface JsonSchema {
  type?: string | string[];
  properties?: Record<string, JsonSchema>;
  required?: string[];
  additionalProperties?: boolean | JsonSchema;
  items?: JsonSchema;
  enum?: unknown[];
  const?: unknown;
  anyOf?: JsonSchema[];
  $ref?: string;
  definitions?: Record<string, JsonSchema>;
  $defs?: Record<string, JsonSchema>;
  minItems?: number;
  maxItems?: number;
  minimum?: number;
  maximum?: number;
  maxLength?: number;
}

/**
 * Why a strict schema would be refused, or undefined.
 * @see https://platform.openai.com/docs/guides/structured-outputs#supported-schemas
 */
export function strictSchemaFault(schema: JsonSchema, at = "()"): string | undefined {
  if (schema.properties) {
    if (schema.additionalProperties !== false) return `In context=${at}, 'additionalProperties' must be false.`;
    const missing = Object.keys(schema.properties).find((key) => !schema.required?.includes(key));
    if (missing) return `In context=${at}, 'required' must list every property; '${missing}' is missing.`;
  }
  const inside = [
    ...Object.entries({ ...schema.properties, ...schema.definitions, ...schema.$defs }),
    ...(schema.items ? [["items", schema.items] as const] : []),
    ...(schema.anyOf ?? []).map((option, index) => [String(index), option] as const),
  ];
  for (const [key, child] of inside) {
    const fault = strictSchemaFault(child, `${at}.${key}`);
    if (fault) return fault;
  }
  return undefined;
}
