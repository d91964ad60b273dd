import { describe, expect, it } from "vitest";
import { roleListsOf } from "../../../src/catalog/playbooks.ts";
import type { KnownMounts } from "../../../src/catalog/usage/known-mounts.ts";
import { auditLineReader } from "../../../src/vault/audit-log/audit-line.ts";
import { usedPath } from "../../../src/vault/audit-log/used-path.ts";

const SEEN = new Date("2026-11-01T00:00:00Z");
const MOUNTS: Readonly<Record<string, string>> = {
  " secret": "kv-v2",
  " platform/shared": "kv-v2",
  " legacy": "kv-v1",
  "bank/payments secret": "kv-v2",
};
const mounts: Pick<KnownMounts, "mountOf"> = {
  mountOf(namespace, mount) {
    const engine = MOUNTS[`${namespace} ${mount}`];
    return engine === undefined ? null : { accessor: `kv_${mount}`, engine, seenAt: SEEN };
  },
};
const read = auditLineReader({ mounts, ownAuthMount: "glovebox" });

/** As a server of today writes it, with the fields in question. */
function line(request: Record<string, unknown>, rest: Record<string, unknown> = {}): string {
  return JSON.stringify({
    auth: { display_name: "apps", entity_id: "e-1", metadata: { role_name: "payments-api" } },
    request: { operation: "read", remote_address: "10.0.0.1", namespace: { id: "root" }, ...request },
    response: { data: { data: {}, metadata: { version: 1 } } },
    time: "2026-11-20T10:00:00.123456789Z",
    type: "response",
    ...rest,
  });
}

describe("auditLineReader", () => {
  it("names the path as the catalogue does", () => {
    expect(read(line({ path: "secret/data/team/db", mount_point: "secret/" }))).toEqual({
      namespace: "",
      mount: "secret",
      path: "team/db",
      kind: "read",
      client: { entityId: "e-1", role: "payments-api", displayName: "apps", address: "10.0.0.1" },
      atMs: Date.parse("2026-11-20T10:00:00.123Z"),
    });
    const older = { operation: "update", path: "platform/shared/data/x" };
    expect(read(line(older))).toMatchObject({ mount: "platform/shared", path: "x", kind: "write" }); // no mount_point
    expect(read(line({ path: "legacy/data/x", mount_point: "legacy/" }))).toMatchObject({ path: "data/x" });
  });

  it("takes lines of older servers, which begin with the time, and lines with a device's prefix", () => {
    const { time, type, ...rest } = JSON.parse(line({ path: "secret/data/app" }));
    const older = JSON.stringify({ time, type, ...rest });
    expect(read(older)).toMatchObject({ path: "app" });
    expect(read(`@cee: ${older}`)).toMatchObject({ path: "app" });
    expect(read(JSON.stringify({ time, type: "request", ...rest }))).toBe("other");
  });

  it.each([
    ["from the root", "bank/payments/secret/"],
    ["from the namespace", "secret/"],
  ])("keeps namespaces apart where the mount's place is given %s", (_how, mount_point) => {
    const namespace = { id: "aB3", path: "bank/payments/" };
    const request = { path: "secret/data/app", mount_point, mount_accessor: "kv_secret", namespace };
    expect(read(line(request))).toMatchObject({ namespace: "bank/payments", mount: "secret", path: "app" });
  });

  it.each([
    ["it failed", { path: "secret/data/app" }, { error: "permission denied" }],
    ["there was no answer", { path: "secret/data/app" }, { response: undefined }],
    [
      "the version is deleted",
      { path: "secret/data/app" },
      { response: { data: { http_raw_body: "hmac-sha256:1", http_status_code: 404 } } },
    ],
    ["it listed", { path: "secret/metadata/app", operation: "list" }, {}],
    ["it deleted", { path: "secret/data/app", operation: "delete" }, {}],
    ["it is no mount that anybody knows", { path: "somewhere/app" }, {}],
    ["it is Vault's own business", { path: "sys/mounts", mount_point: "sys/", mount_type: "system" }, {}],
    [
      "it is of a mount that had the name before",
      { path: "secret/data/app", mount_point: "secret/", mount_accessor: "kv_gone" },
      { time: "2026-10-20T10:00:00Z" },
    ],
    [
      "it is our own reader's",
      { path: "secret/data/app" },
      { auth: { display_name: "glovebox", metadata: { role_name: "reader-secret", request: "RQ-1001" } } },
    ],
  ])("counts no use where %s", (_why, request, rest) => {
    expect(read(line(request, rest))).toBe("other");
  });

  it("counts a wrapped answer, a key that looks like a status, and a mount that is younger than the crawl", () => {
    const wrapped = { response: { wrap_info: { ttl: 60 } } };
    expect(read(line({ path: "secret/data/app" }, wrapped))).toMatchObject({ kind: "read" });
    const key = { response: { data: { http_status_code: 404 } } };
    expect(read(line({ path: "legacy/app", mount_point: "legacy/" }, key))).toMatchObject({ kind: "read" });
    const young = { path: "secret/data/app", mount_point: "secret/", mount_type: "kv", mount_accessor: "kv_new" };
    expect(read(line(young))).toMatchObject({ path: "app" });
  });

  it.each([["{"], ["[1]"], ["7"], ["null"], ['{"type":"response"}'], ['{"type":"other","request":{}}'], [""]])(
    "says of %j only that it is malformed",
    (text) => {
      expect(read(text)).toBe("malformed");
    },
  );

  it("takes hostile names for what they are: cut, and without control characters", () => {
    const auth = { display_name: `a\u0000b${"x".repeat(5_000)}`, entity_id: 7, metadata: { role_name: ["x"] } };
    const use = read(line({ path: "secret/data/app", remote_address: null }, { auth }));
    expect(use).toMatchObject({ client: { entityId: "", role: "", address: "" } });
    expect(JSON.stringify(use).length).toBeLessThan(500);
    expect(JSON.stringify(use)).not.toContain("\\u0000");
    expect(read(line({ path: `secret/data/${"x".repeat(5_000)}` }))).toBe("other");
    expect(read(line({ path: "secret/data/a\u0000" }))).toBe("other");
  });
});

describe("usedPath", () => {
  it.each([
    ["database", "static-creds/ledger", "read", "static-roles/ledger", "read"],
    ["database", "creds/app", "read", "roles/app", "read"],
    ["database", "static-roles/ledger", "update", "static-roles/ledger", "write"],
    ["ldap", "static-cred/svc", "read", "static-role/svc", "read"],
    ["openldap", "creds/svc", "read", "role/svc", "read"],
    ["ldap", "library/set/check-out", "update", "library/set", "read"],
    ["ad", "creds/team/svc", "read", "roles/team/svc", "read"],
    ["pki", "issue/web", "update", "roles/web", "read"],
    ["ssh", "sign/ops", "update", "roles/ops", "read"],
    ["transit", "encrypt/orders", "update", "keys/orders", "read"],
    ["transit", "datakey/plaintext/orders", "update", "keys/orders", "read"],
    ["transit", "sign/orders/sha2-256", "update", "keys/orders", "read"],
    ["aws", "sts/deploy", "read", "roles/deploy", "read"],
  ])("%s %s (%s) is a use of %s", (engine, below, operation, path, kind) => {
    expect(usedPath(engine, below, operation)).toEqual({ path, kind });
    expect(roleListsOf(engine)).toContain(path.split("/")[0]); // where the catalogue has it
  });

  it.each([
    ["database", "roles/app", "read"],
    ["database", "config/pg", "update"],
    ["database", "creds/", "read"],
    ["database", "creds", "read"],
    ["ldap", "library/set/status", "read"],
    ["kv-v2", "metadata/app", "read"],
    ["kv-v2", "data/", "read"],
    ["kv-v1", "", "read"],
    ["cubbyhole", "x", "read"],
    ["transit", "constructor/x", "update"],
  ])("%s %s (%s) is none", (engine, below, operation) => {
    expect(usedPath(engine, below, operation)).toBeNull();
  });
});
