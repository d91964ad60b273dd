import { z } from "zod";
import { roleListsOf } from "../catalog/playbooks.ts";
import { endLogin, type VaultLogin } from "./login/vault-login.ts";
import { type CataloguedMount, readerEntityName, type ServedMount } from "./setup/policies.ts";
import type { VaultClient } from "./vault-client.ts";
import {
  dataPath,
  markPolicyName,
  openPolicyName,
  readerRoleName,
  secretIdPath,
  type VaultNames,
} from "./vault-names.ts";

/** One right of one identity: as it must be, or not. */
export interface RightFinding {
  readonly identity: string;
  readonly path: string;
  readonly isRight: boolean;
  readonly expected: readonly string[];
  readonly actual: readonly string[];
}

interface CheckedMounts {
  readonly names: VaultNames;
  readonly mounts: readonly ServedMount[];
  /** Mounts of other engines whose roles the catalogue lists. */
  readonly others?: readonly CataloguedMount[];
}

/** Any name that nobody uses. */
const PROBE = "glovebox-doctor-probe";
const NONE = ["deny"];

type Expectation = readonly [path: string, capabilities: readonly string[]];

/**
 * Logs an identity in and compares what it may do with what it must and must not be able to do. Rights that hide behind
 * one exact foreign path can't be found from outside; `vault-setup` compares the policies' texts for those.
 */
export async function checkIdentity(
  { names, mounts, others = [] }: CheckedMounts,
  identity: "catalog" | "gate" | "admin",
  login: VaultLogin,
): Promise<RightFinding[]> {
  const session = await login.login();
  try {
    const expected = [
      ...EXPECTED[identity](names, mounts),
      ...others.flatMap((mount) => otherEngine(mount, identity === "catalog")),
    ];
    const killSwitches = identity === "admin" ? await entityRights(session.client, names, mounts) : [];
    return await compare(session.client, identity, [...expected, ...SELF, ...killSwitches]);
  } finally {
    await endLogin(login, session);
  }
}

async function compare(
  client: VaultClient,
  identity: string,
  expected: readonly Expectation[],
): Promise<RightFinding[]> {
  const answer = await client.write("sys/capabilities-self", { paths: expected.map(([path]) => path) });
  const { data } = z.object({ data: z.record(z.string(), z.unknown()) }).parse(answer);
  return expected.map(([path, capabilities]) => {
    const actual = z.array(z.string()).catch([]).parse(data[path]).toSorted();
    const isRight = JSON.stringify(actual) === JSON.stringify(capabilities.toSorted());
    return { identity, path, isRight, expected: capabilities, actual };
  });
}

/** What every identity may do with itself. */
const SELF: readonly Expectation[] = [
  ["auth/token/lookup-self", ["read"]],
  ["auth/token/revoke-self", ["update"]],
  ["sys/capabilities-self", ["update"]],
];

/** Each reader's entity by its id, which only Vault knows. A missing right to ask for it is a finding of its own. */
async function entityRights(
  client: VaultClient,
  names: VaultNames,
  mounts: readonly ServedMount[],
): Promise<Expectation[]> {
  const rights = mounts.map(async ({ path }): Promise<Expectation[]> => {
    const answer = await client.read(`identity/entity/name/${readerEntityName(names, path)}`).catch(() => null);
    const id = z.object({ data: z.object({ id: z.string() }) }).safeParse(answer).data?.data.id;
    return id === undefined ? [] : [[`identity/entity/id/${id}`, ["read", "update"]]];
  });
  return (await Promise.all(rights)).flat();
}

type ExpectationsOf = (names: VaultNames, mounts: readonly ServedMount[]) => readonly Expectation[];

const EXPECTED: Record<"catalog" | "gate" | "admin", ExpectationsOf> = {
  catalog: (names, mounts) => [
    ["sys/mounts", ["read"]],
    ...mounts.flatMap(({ path, engine }): Expectation[] =>
      engine === "kv-v2"
        ? [
            [`${path}/metadata/`, ["list"]],
            [`${path}/metadata/${PROBE}`, ["list", "read"]],
            [`${path}/subkeys/${PROBE}`, ["read"]],
            [`${path}/data/${PROBE}`, NONE],
            ...["delete", "undelete", "destroy"].map((verb): Expectation => [`${path}/${verb}/${PROBE}`, NONE]),
          ]
        : [
            [`${path}/`, ["list"]],
            [`${path}/${PROBE}`, ["list"]],
          ],
    ),
    [`sys/policies/acl/${openPolicyName(names)}`, NONE],
    [`sys/policies/acl/${markPolicyName(names)}`, NONE],
    ...killing(names, mounts),
    ...minting(names, mounts),
    ...forbidden(names, mounts),
  ],
  gate: (names, mounts) => [
    [`sys/policies/acl/${openPolicyName(names)}`, ["create", "delete", "read", "update"]],
    [`sys/policies/acl/${markPolicyName(names)}`, ["create", "read", "update"]],
    ...minting(names, mounts),
    ...killing(names, mounts),
    ...values(mounts),
    ...forbidden(names, mounts),
  ],
  admin: (names, mounts) => [
    [`sys/policies/acl/${openPolicyName(names)}`, ["delete", "read"]],
    [`sys/policies/acl/${markPolicyName(names)}`, NONE],
    // The gate is closed while nothing runs: then it may list, and mint nothing. Without a gate it may always mint.
    ...mounts.flatMap(({ path, prefixes }): Expectation[] => [
      [secretIdPath(names, path), prefixes ? ["list", "update"] : ["list"]],
      [`${secretIdPath(names, path)}-accessor/destroy`, ["update"]],
      [`identity/entity/name/${readerEntityName(names, path)}`, ["read"]],
    ]),
    ["auth/token/revoke-accessor", ["update"]],
    ["auth/token/lookup-accessor", ["update"]],
    ...values(mounts),
    ...forbidden(names, mounts),
  ],
};

/** Where engines give away what they make: nobody of ours may. */
const GIVING = [
  "creds",
  "static-creds",
  "static-cred",
  "issue",
  "export/encryption-key",
  "sign",
  "decrypt",
  "rotate-role",
];

function otherEngine({ path, engine }: CataloguedMount, isCatalog: boolean): Expectation[] {
  return [
    ...roleListsOf(engine).flatMap((list): Expectation[] => [
      [`${path}/${list}/`, isCatalog ? ["list"] : NONE],
      [`${path}/${list}/${PROBE}`, isCatalog ? ["list"] : NONE],
    ]),
    ...GIVING.map((verb): Expectation => [`${path}/${verb}/${PROBE}`, NONE]),
  ];
}

function values(mounts: readonly ServedMount[]): Expectation[] {
  return mounts.map((mount) => [dataPath({ engine: mount.engine, mount: mount.path, path: PROBE }), NONE]);
}

/** The kill switch is the admin's alone. */
function killing(names: VaultNames, mounts: readonly ServedMount[]): Expectation[] {
  return mounts.flatMap(({ path }): Expectation[] => [
    [`${secretIdPath(names, path)}-accessor/destroy`, NONE],
    [`identity/entity/name/${readerEntityName(names, path)}`, NONE],
  ]);
}

/** Whoever mints reads: a secret ID is a login of the reader. */
function minting(names: VaultNames, mounts: readonly ServedMount[]): Expectation[] {
  return mounts.map(({ path }) => [secretIdPath(names, path), NONE]);
}

/** What none of the three may touch: policies (by either of Vault's two ways), roles, logins of each other, tokens. */
function forbidden(names: VaultNames, mounts: readonly ServedMount[]): Expectation[] {
  const { authMount, policyPrefix } = names;
  const standing = ["catalog", "gate", "admin"];
  const readers = mounts.map(({ path }) => readerRoleName(path));
  const role = (name: string): string => `auth/${authMount}/role/${name}`;
  const paths = [
    ...[...standing, ...readers, "doctor-probe"].map((name) => `sys/policies/acl/${policyPrefix}-${name}`),
    ...[...standing, ...readers, "open"].map((name) => `sys/policy/${policyPrefix}-${name}`),
    `sys/policies/acl/${PROBE}`,
    ...[...standing, ...readers].flatMap((name) => [role(name), `${role(name)}/custom-secret-id`]),
    ...standing.map((name) => `${role(name)}/secret-id`),
  ];
  return [
    ...paths.map((path): Expectation => [path, NONE]),
    ["auth/token/create", NONE],
    ["auth/token/create-orphan", NONE],
    ["identity/entity", NONE],
    [`sys/audit/${PROBE}`, NONE],
    [`sys/auth/${PROBE}`, NONE],
    [`sys/mounts/${PROBE}`, NONE],
  ];
}
