import { randomUUID } from "node:crypto";
import { z } from "zod";
import { Secret } from "../../secret.ts";
import type { VaultClient } from "../vault-client.ts";
import type { VaultNames } from "../vault-names.ts";
import { readOptional } from "./read-optional.ts";
import { STANDING_ROLES, type StandingRole } from "./role-objects.ts";

export interface Credentials {
  readonly roleId: string;
  readonly secretId: Secret;
}

/** The standing roles for which no secret ID is registered: nobody can log in as they. */
export async function rolesWithoutLogin(
  operator: VaultClient,
  names: VaultNames,
  roles: readonly StandingRole[] = STANDING_ROLES,
): Promise<StandingRole[]> {
  const without: StandingRole[] = [];
  for (const role of roles) {
    // Vault answers 400, not 404, to a list of secret IDs of a role that is not there.
    const isThere = (await readOptional(operator, rolePath(names, role))) !== null;
    const logins = isThere ? await operator.list(`${rolePath(names, role)}/secret-id`) : [];
    if (logins.length === 0) without.push(role);
  }
  return without;
}

/**
 * Draws a login for each role. They are written down first and registered in Vault then: a run that is killed in between
 * leaves no login that nobody knows, and the next one finds the role without a login and draws anew.
 */
export async function issueCredentials(
  operator: VaultClient,
  names: VaultNames,
  roles: readonly StandingRole[],
  writeDown: (drawn: ReadonlyMap<StandingRole, Credentials>) => void,
): Promise<void> {
  const drawn = new Map<StandingRole, Credentials>();
  for (const role of roles) {
    const answer = await operator.read(`${rolePath(names, role)}/role-id`);
    const { role_id: roleId } = z.object({ data: z.object({ role_id: z.string() }) }).parse(answer).data;
    drawn.set(role, { roleId, secretId: new Secret(randomUUID()) }); // the form of Vault's own, 122 random bits
  }
  writeDown(drawn);
  for (const [role, { secretId }] of drawn) {
    await operator.write(`${rolePath(names, role)}/custom-secret-id`, { secret_id: secretId.reveal() });
  }
}

const rolePath = ({ authMount }: VaultNames, role: StandingRole): string => `auth/${authMount}/role/${role}`;
