/** A mount of another engine with its roles, written as an operator would. None of these needs the system behind it. */
export interface PracticeEngine {
  readonly mount: string;
  readonly type: string;
  readonly writes: readonly { readonly path: string; readonly body: Readonly<Record<string, unknown>> }[];
  /** What a crawl finds, below the mount. An issuer's name is Vault's own. */
  readonly roles: readonly string[];
}

const ldif = (account: string): Record<string, unknown> => ({
  creation_ldif: `dn: cn={{.Username}},ou=${account},dc=ravensbourne\nobjectClass: person`,
  deletion_ldif: `dn: cn={{.Username}},ou=${account},dc=ravensbourne\nchangetype: delete`,
  default_ttl: "1h",
});
const rotated = (username: string): Record<string, unknown> => ({
  username,
  dn: `cn=${username},ou=services,dc=ravensbourne`,
  rotation_period: "24h",
  skip_import_rotation: true, // the first rotation would need the directory
});

/**
 * What the invented bank keeps outside KV. Left out, because creating them asks the system behind them: static roles of
 * the database engine, and libraries of LDAP accounts.
 */
export const PRACTICE_ENGINES: readonly PracticeEngine[] = [
  {
    mount: "database",
    type: "database",
    writes: ["ledger-readonly", "scoring-batch", "statements-rw"].map((role) => ({
      path: `roles/${role}`,
      body: { db_name: "ledger", creation_statements: [`create role "{{name}}"`], default_ttl: "1h" },
    })),
    roles: ["roles/ledger-readonly", "roles/scoring-batch", "roles/statements-rw"],
  },
  {
    mount: "ldap",
    type: "ldap",
    writes: [
      {
        path: "config",
        body: { binddn: "cn=vault,dc=ravensbourne", bindpass: "practice", url: "ldap://127.0.0.1:1" },
      },
      { path: "role/on-call", body: ldif("people") },
      { path: "static-role/emea/svc-batch", body: rotated("svc-batch") },
      { path: "static-role/svc-ledger", body: rotated("svc-ledger") },
    ],
    roles: ["role/on-call", "static-role/emea/svc-batch", "static-role/svc-ledger"],
  },
  {
    mount: "pki",
    type: "pki",
    writes: [
      { path: "root/generate/internal", body: { common_name: "Ravensbourne practice", key_type: "ec", key_bits: 256 } },
      { path: "roles/services", body: { allowed_domains: "ravensbourne.example", allow_subdomains: true } },
    ],
    roles: ["roles/services"],
  },
  {
    mount: "ssh",
    type: "ssh",
    writes: [{ path: "roles/hosts", body: { key_type: "otp", default_user: "ops", cidr_list: "10.0.0.0/8" } }],
    roles: ["roles/hosts"],
  },
  {
    mount: "transit",
    type: "transit",
    writes: ["cards", "statements"].map((key) => ({ path: `keys/${key}`, body: { type: "aes256-gcm96" } })),
    roles: ["keys/cards", "keys/statements"],
  },
];
