import type { VaultClient } from "../vault-client.ts";
import { policyName, readerRoleName } from "../vault-names.ts";
import { authMountObject, readAuthMount } from "./auth-mount.ts";
import {
  adminPolicy,
  type Catalogued,
  catalogPolicy,
  gatePolicy,
  readerEntityName,
  readerPolicy,
  type ServedMount,
} from "./policies.ts";
import { policyObject } from "./policy-object.ts";
import { entityObject, readEntityId } from "./reader-entity.ts";
import {
  type RoleOptions,
  readerRoleObject,
  STANDING_ROLES,
  type StandingRole,
  standingRoleObject,
} from "./role-objects.ts";
import { findChanges, type SetupChange, type SetupObject } from "./setup-object.ts";

export interface SetupOptions extends RoleOptions {
  readonly mounts: readonly ServedMount[];
  /** Identities that log in on another auth mount: they get no AppRole here. */
  readonly otherLogins: readonly StandingRole[];
  /** What the catalogue lists besides the mounts; absent: nothing. */
  readonly catalogued?: Catalogued;
}

/** What Vault itself names: known once the object is there. */
interface SetupIds {
  readonly authAccessor: string;
  /** By mount path. */
  readonly entityIds: Readonly<Record<string, string>>;
}

export interface SetupPlan {
  readonly objects: readonly SetupObject[];
  readonly changes: readonly SetupChange[];
}

/** Compares everything that Glovebox needs with what Vault has. Reads only. */
export async function planSetup(operator: VaultClient, options: SetupOptions): Promise<SetupPlan> {
  const ids = await readIds(operator, options);
  const objects = STAGES.flatMap((stage) => stage(operator, options, ids));
  return { objects, changes: await findChanges(objects) };
}

/**
 * Writes what differs and nothing else, so that a run that was killed in the middle is finished by the next.
 * @param written Hears each title once it is written.
 */
export async function applySetup(
  operator: VaultClient,
  options: SetupOptions,
  written: (title: string) => void = () => {},
): Promise<void> {
  for (const stage of STAGES) {
    const ids = await readIds(operator, options); // a later stage names what an earlier one made
    for (const { object } of await findChanges(stage(operator, options, ids))) {
      await object.write();
      written(object.title);
    }
  }
}

type Stage = (operator: VaultClient, options: SetupOptions, ids: SetupIds) => SetupObject[];

const STAGES: readonly Stage[] = [
  (operator, { names }) => [authMountObject(operator, names)],
  (operator, { names, mounts }, { authAccessor }) =>
    mounts.map((mount) => entityObject(operator, names, mount, authAccessor)),
  (operator, { names, mounts, catalogued }, { authAccessor, entityIds }) => [
    policyObject(operator, policyName(names, "catalog"), catalogPolicy(mounts, catalogued)),
    policyObject(operator, policyName(names, "gate"), gatePolicy(names)),
    policyObject(operator, policyName(names, "admin"), adminPolicy(names, mounts, entityIds)),
    ...mounts.map((mount) =>
      policyObject(operator, policyName(names, readerRoleName(mount.path)), readerPolicy(authAccessor, mount)),
    ),
  ],
  (operator, options) => [
    ...STANDING_ROLES.filter((role) => !options.otherLogins.includes(role)).map((role) =>
      standingRoleObject(operator, options, role),
    ),
    ...options.mounts.map((mount) => readerRoleObject(operator, options, mount)),
  ],
];

async function readIds(operator: VaultClient, { names, mounts }: SetupOptions): Promise<SetupIds> {
  const mount = await readAuthMount(operator, names);
  const entityIds: Record<string, string> = {};
  for (const { path } of mounts) {
    const name = readerEntityName(names, path);
    entityIds[path] = (await readEntityId(operator, name)) ?? `<id of entity ${name}>`;
  }
  return { authAccessor: mount?.accessor ?? `<accessor of auth/${names.authMount}>`, entityIds };
}
