import type { Rules } from "../rules.ts";
import { applySetup, planSetup, type SetupOptions, type SetupPlan } from "../vault/setup/apply-setup.ts";
import { issueCredentials, rolesWithoutLogin } from "../vault/setup/credentials.ts";
import { findForeignPolicies } from "../vault/setup/foreign-policies.ts";
import { listCatalogued } from "../vault/setup/list-catalogued.ts";
import { findMissingRights } from "../vault/setup/missing-rights.ts";
import { NOTHING_ELSE } from "../vault/setup/policies.ts";
import { adminPolicies, STANDING_ROLES, type StandingRole } from "../vault/setup/role-objects.ts";
import type { VaultClient } from "../vault/vault-client.ts";
import { policyName } from "../vault/vault-names.ts";
import type { AskYes } from "./ask-yes.ts";
import { writeCredentials } from "./credential-files.ts";
import { diffLines } from "./diff-lines.ts";
import { mountsToServe } from "./setup-mounts.ts";
import { assertTokenLives, explainStop, SetupStoppedError } from "./setup-stopped.ts";

export interface VaultSetupInput {
  readonly operator: VaultClient;
  readonly options: Omit<SetupOptions, "mounts" | "gate">;
  readonly gate: Pick<Rules["gate"], "mode" | "prefixes">;
  /** Only these; all KV mounts where empty. */
  readonly mountPaths: readonly string[];
  /** The one that is set up, in full; "" for the root. */
  readonly namespace: string;
  /** The catalogue lists KV mounts that Glovebox serves and nothing else. */
  readonly servedOnly: boolean;
  readonly print: (line: string) => void;
}

export interface ApplyInput extends VaultSetupInput {
  readonly ask: AskYes;
  /** Where new logins go. */
  readonly folder: string;
  /** Draw new logins also for roles that have one. */
  readonly isNewCredentials: boolean;
}

/** Prints what is there, what would change as a diff, and who else reaches into our mount. Changes nothing. */
export async function printVaultSetup(input: VaultSetupInput): Promise<void> {
  await look(input).catch(explainStop);
  for (const line of otherLogins(input)) input.print(line);
  input.print("Nothing was changed. --apply asks and then writes what differs.");
}

/** The same, then writes what differs and draws the logins that are missing, once it has got its yes. */
export async function applyVaultSetup(input: ApplyInput): Promise<void> {
  const { operator, print, ask, options } = input;
  try {
    const { plan, options: whole } = await look(input);
    const roles = await rolesToEquip(input);
    for (const role of roles) print(`+ login of ${role}, into ${input.folder}`);
    if (plan.changes.length === 0 && roles.length === 0) return;
    await assertRights(operator, plan);
    if (!(await ask("Write this to Vault?"))) {
      print("Nothing was changed.");
      return;
    }
    await applySetup(operator, whole, (title) => print(`written  ${title}`));
    if (roles.length > 0) await equip(input, roles);
    print(`Vault is set up for ${whole.mounts.length} mounts: ${whole.mounts.map(({ path }) => path).join(", ")}.`);
    if (options.otherLogins.length > 0) for (const line of otherLogins(input)) print(line);
  } catch (error) {
    explainStop(error);
  }
}

async function look(input: VaultSetupInput): Promise<{ plan: SetupPlan; options: SetupOptions }> {
  const { operator, gate, mountPaths, print } = input;
  await assertTokenLives(operator);
  const mounts = await mountsToServe(operator, mountPaths, gate);
  const catalogued = input.servedOnly ? NOTHING_ELSE : await listCatalogued(operator, input.namespace);
  const options: SetupOptions = { ...input.options, mounts, catalogued, gate: gate.mode };
  const plan = await planSetup(operator, options);
  const changed = new Set(plan.changes.map(({ object }) => object));
  for (const object of plan.objects) if (!changed.has(object)) print(`= ${object.title}`);
  for (const change of plan.changes) for (const line of diffLines(change)) print(line);
  if (gate.mode === "off")
    print("NOTE     gate: off. Vault holds the worker to the literal prefixes and to no single path.");
  for (const { policy, pattern } of await findForeignPolicies(operator, options.names, mounts)) {
    print(`WARNING  policy ${policy} reaches into our auth mount by "${pattern}": whoever holds it could mint a lease`);
  }
  print(
    plan.changes.length === 0
      ? "Nothing to change."
      : `${plan.changes.length} to change, ${plan.objects.length - plan.changes.length} as they must be.`,
  );
  return { plan, options };
}

async function assertRights(operator: VaultClient, { changes }: SetupPlan): Promise<void> {
  const missing = await findMissingRights(
    operator,
    changes.flatMap(({ object }) => object.writes),
    "update",
  );
  if (missing.length === 0) return;
  throw new SetupStoppedError(
    `This token lacks rights that the change needs, so nothing was changed:\n${missing.map((one) => `  - ${one}`).join("\n")}`,
  );
}

async function rolesToEquip({ operator, options, isNewCredentials }: ApplyInput): Promise<StandingRole[]> {
  const own = STANDING_ROLES.filter((role) => !options.otherLogins.includes(role));
  return isNewCredentials ? own : rolesWithoutLogin(operator, options.names, own);
}

async function equip({ operator, options: { names }, folder, print }: ApplyInput, roles: readonly StandingRole[]) {
  let files: string[] = [];
  await issueCredentials(operator, names, roles, (drawn) => {
    files = writeCredentials(folder, drawn);
  });
  print(`New logins are in ${files.join(" and ")}. Give each process its own file and no other.`);
  print(
    `Earlier logins stay valid until you destroy them: vault list auth/${names.authMount}/role/${roles[0]}/secret-id`,
  );
}

/** Roles on an auth mount that is not ours are the operator's own work: these are the policies to bind there. */
function otherLogins({ options, gate }: VaultSetupInput): string[] {
  const { names, adminTtlSeconds } = options;
  const admin = adminPolicies({ names, gate: gate.mode }).join(",");
  return [
    "A login of another kind (VAULT_…_LOGIN=aws, jwt, kubernetes or token-file) needs a role that you make on its own auth mount,",
    "one for each identity, bound to one principal, with token_type=service, token_no_default_policy=true and:",
    `  catalog    token_policies=${policyName(names, "catalog")}`,
    `  gate       token_policies=${policyName(names, "gate")}`,
    `  admin      token_policies=${admin} token_ttl=${adminTtlSeconds}s token_max_ttl=${adminTtlSeconds}s`,
    "Name such an identity with --other-login, so that it gets no AppRole here.",
  ];
}
