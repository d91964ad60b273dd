import { z } from "zod";

const Statement = z.looseObject({
  Effect: z.enum(["Allow", "Deny"]),
  Principal: z.union([z.literal("*"), z.record(z.string(), z.union([z.string(), z.array(z.string())]))]),
  Action: z.union([z.string(), z.array(z.string())]),
  Resource: z.union([z.string(), z.array(z.string())]),
  Condition: z.unknown().optional(),
});
const Policy = z.looseObject({ Statement: z.union([Statement, z.array(Statement).min(1)]) });

/** Not JSON, or not a policy: the parts that AWS asks of every resource policy's statement. */
export function isMalformedPolicy(text: string): boolean {
  return parsePolicy(text) === undefined;
}

/** Lets everybody in, without a condition: the plainest of what BlockPublicPolicy is for. */
export function isPublicPolicy(text: string): boolean {
  const statements = [parsePolicy(text)?.Statement ?? []].flat();
  return statements.some(({ Effect, Principal, Condition }) => {
    const everybody = Principal === "*" || [Principal.AWS ?? []].flat().includes("*");
    return Effect === "Allow" && everybody && Condition === undefined;
  });
}

function parsePolicy(text: string): z.output<typeof Policy> | undefined {
  try {
    return Policy.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
