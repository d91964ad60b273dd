import type { Engine } from "../store/tables/catalog.ts";

/** How what an engine makes comes to be, and so what a migration of it means. */
export type PlaybookKind = "static-rotated" | "dynamic" | "key-material" | "certificate" | "unknown";

/** What to do with one role of an engine that is not KV. */
export interface Playbook {
  /** What such a thing is, in a few words, without a full stop. */
  readonly title: string;
  readonly kind: PlaybookKind;
  /** One sentence. */
  readonly nextStep: string;
  /** Where the whole of it stands, in this repository. */
  readonly doc: string;
}

/** One list of an engine: what it holds, and under which path Vault lists it. */
interface RoleList {
  /** Below the mount, without slashes at its ends. */
  readonly list: string;
  readonly kind: PlaybookKind;
  readonly title: string;
}

const NEXT_STEP: Readonly<Record<PlaybookKind, string>> = {
  "static-rotated":
    "Vault rotates this password, so a copy dies at the next rotation: hand the rotation over to AWS first, with support.",
  dynamic:
    "Vault makes a new one for each reader, so there is nothing to copy: the application takes its own from AWS instead.",
  "key-material":
    "The key never leaves Vault: make a new one in AWS KMS, encrypt anew with it, and keep the old one until nothing needs it.",
  certificate:
    "Certificates are issued, not copied: let AWS Private CA or ACM issue them, and let the old ones run out.",
  unknown: "Ask support: nobody has written down yet how such secrets move.",
};

const dynamic = (list: string, title: string): RoleList => ({ list, kind: "dynamic", title });
const rotated = (list: string, title: string): RoleList => ({ list, kind: "static-rotated", title });
const key = (list: string, title: string): RoleList => ({ list, kind: "key-material", title });
const certificate = (list: string, title: string): RoleList => ({ list, kind: "certificate", title });

const LDAP: readonly RoleList[] = [
  rotated("static-role", "LDAP account whose password Vault rotates"),
  dynamic("role", "LDAP account that Vault makes for each reader"),
  rotated("library", "set of LDAP accounts that Vault lends"),
];

/**
 * Every engine of Vault that has roles, and where it lists them. A list names roles and tells nothing else; what yields
 * a credential (`creds/`, `static-cred/`, `export/`) is in none of them.
 * @see https://developer.hashicorp.com/vault/api-docs/secret
 */
const ROLE_LISTS: Readonly<Record<string, readonly RoleList[]>> = {
  ad: [
    rotated("roles", "Active Directory account whose password Vault rotates"),
    rotated("library", "set of Active Directory accounts that Vault lends"),
  ],
  aws: [
    dynamic("roles", "AWS credentials that Vault makes for each reader"),
    rotated("static-roles", "AWS user whose access key Vault rotates"),
  ],
  azure: [dynamic("roles", "Azure credentials that Vault makes for each reader")],
  consul: [dynamic("roles", "Consul token that Vault makes for each reader")],
  database: [
    rotated("static-roles", "database account whose password Vault rotates"),
    dynamic("roles", "database account that Vault makes for each reader"),
  ],
  gcp: [
    dynamic("rolesets", "Google Cloud service account that Vault makes keys for"),
    dynamic("static-accounts", "Google Cloud service account that Vault makes keys for"),
    dynamic("impersonated-accounts", "Google Cloud service account that Vault makes tokens for"),
  ],
  kubernetes: [dynamic("roles", "Kubernetes token that Vault makes for each reader")],
  ldap: LDAP,
  mongodbatlas: [dynamic("roles", "MongoDB Atlas key that Vault makes for each reader")],
  nomad: [dynamic("role", "Nomad token that Vault makes for each reader")],
  openldap: LDAP,
  pki: [
    certificate("roles", "role by which certificates are issued"),
    certificate("issuers", "issuer of certificates with its key in Vault"),
  ],
  rabbitmq: [dynamic("roles", "RabbitMQ account that Vault makes for each reader")],
  ssh: [dynamic("roles", "role by which Vault signs SSH keys or makes one-time passwords")],
  terraform: [dynamic("role", "HCP Terraform token that Vault makes for each reader")],
  totp: [key("keys", "key of one-time codes that Vault keeps")],
  transform: [key("role", "role by which Vault encodes values")],
  transit: [key("keys", "encryption or signing key that Vault keeps")],
};

/** The lists of an engine's roles, each without slashes at its ends; none for KV and for engines that we don't know. */
export function roleListsOf(engine: Engine): readonly string[] {
  return (ROLE_LISTS[engine] ?? []).map(({ list }) => list);
}

/**
 * What a role of an engine that is not KV is, and its one next step.
 * @param path Below the mount, such as `static-roles/ledger`; "" for the mount as a whole.
 */
export function playbookOf(engine: Engine, path: string): Playbook {
  const lists = ROLE_LISTS[engine] ?? [];
  const found = lists.find(({ list }) => path.startsWith(`${list}/`)) ?? (path === "" ? lists[0] : undefined);
  const { title, kind } = found ?? { title: `something that the engine ${engine} keeps`, kind: "unknown" as const };
  return { title, kind, nextStep: NEXT_STEP[kind], doc: `docs/discovery.md#${kind}` };
}
