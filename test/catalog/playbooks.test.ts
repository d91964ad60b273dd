import { describe, expect, it } from "vitest";
import { playbookOf, roleListsOf } from "../../src/catalog/playbooks.ts";

describe("playbookOf", () => {
  it.each([
    ["database", "static-roles/ledger", "static-rotated"],
    ["database", "roles/reporting", "dynamic"],
    ["ldap", "static-role/emea/svc-batch", "static-rotated"],
    ["openldap", "role/engineers", "dynamic"],
    ["ad", "library/dba", "static-rotated"],
    ["pki", "issuers/0a1b", "certificate"],
    ["transit", "keys/cards", "key-material"],
    ["aws", "roles/deploy", "dynamic"],
    ["kmip", "scope/hsm", "unknown"],
    ["database", "config/main", "unknown"],
  ])("takes %s/%s for %s, with a title, a next step and a page", (engine, path, kind) => {
    const playbook = playbookOf(engine, path);
    expect(playbook).toMatchObject({ kind, doc: `docs/discovery.md#${kind}` });
    expect(playbook.title).not.toMatch(/\.$/);
    expect(playbook.nextStep).toMatch(/\.$/);
  });

  it("names an engine that it does not know", () => {
    expect(playbookOf("kmip", "").title).toContain("kmip");
  });
});

describe("roleListsOf", () => {
  it("has no list that yields a credential, for any engine", () => {
    for (const engine of ["ad", "aws", "database", "gcp", "ldap", "openldap", "pki", "ssh", "transit", "totp"]) {
      expect(roleListsOf(engine).length, engine).toBeGreaterThan(0);
      for (const list of roleListsOf(engine))
        expect(list, engine).not.toMatch(/cred|export|^(sign|issue|code)$|check-out/);
    }
  });

  it("has none for KV and for engines that it does not know", () => {
    expect([roleListsOf("kv-v2"), roleListsOf("kv-v1"), roleListsOf("kmip")]).toEqual([[], [], []]);
  });
});
