import { z } from "zod";

/** AWS's limit, in characters. */
const MAX_POLICY_LENGTH = 20_480;

const oneOrMore = <Item extends z.ZodType>(item: Item) => z.union([item, z.array(item).min(1)]);
const Statement = z.looseObject({
  Effect: z.enum(["Allow", "Deny"]),
  Principal: z.union([z.string(), z.record(z.string(), oneOrMore(z.string()))]).optional(),
  NotPrincipal: z.unknown().optional(),
  Action: oneOrMore(z.string()).optional(),
  NotAction: oneOrMore(z.string()).optional(),
  Condition: z.record(z.string(), z.record(z.string(), z.unknown())).optional(),
});
const Policy = z.looseObject({ Statement: oneOrMore(Statement) });

/** Why a rule's resource policy is not taken, or null. A look at what is written, no promise: AWS judges it again. */
export function resourcePolicyFault(policy: unknown): string | null {
  const parsed = Policy.safeParse(policy);
  if (!parsed.success) return "It is not a policy: it needs `Statement`, each with `Effect`, `Principal` and `Action`.";
  if (JSON.stringify(policy).length > MAX_POLICY_LENGTH) return `AWS takes ${MAX_POLICY_LENGTH} characters.`;
  const statements = [parsed.data.Statement].flat();
  if (statements.some(({ Principal, NotPrincipal }) => Principal === undefined && NotPrincipal === undefined)) {
    return "Each statement of a secret's policy must name a `Principal`.";
  }
  if (statements.some(({ Action, NotAction }) => Action === undefined && NotAction === undefined)) {
    return "Each statement must name an `Action`.";
  }
  return statements.some(isPublic)
    ? "It lets everybody in: an `Allow` for the principal `*` (or for all but some) needs a `Condition`, for example on aws:PrincipalOrgID."
    : null;
}

function isPublic({ Effect, Principal, NotPrincipal, Condition }: z.output<typeof Statement>): boolean {
  if (Effect !== "Allow") return false;
  if (NotPrincipal !== undefined) return true;
  const named = typeof Principal === "string" ? [Principal] : Object.values(Principal ?? {}).flat();
  return named.includes("*") && Object.keys(Condition ?? {}).length === 0;
}
