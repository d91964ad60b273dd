import { describe, expect, it } from "vitest";
import { readReaderTtl } from "../../src/vault/setup/find-drift.ts";
import { readerRoleName } from "../../src/vault/vault-names.ts";
import { lifeFindings } from "../../src/wiring/doctor-vault.ts";
import { operatorWorld } from "../vault/operator-world.ts";
import { READER_TTL_SECONDS } from "../vault/practice-lease.ts";

describe("doctor with an operator's token, on the life of a lease", () => {
  it("names a reader's role in Vault whose leases outlive what the worker reckons with", async () => {
    const { lease } = await operatorWorld();
    const inVault = async () => (await readReaderTtl(lease.operator, lease, lease.kv2.path)) ?? -1;
    expect(lifeFindings(await inVault(), READER_TTL_SECONDS)).toEqual([]);
    const role = `auth/${lease.names.authMount}/role/${readerRoleName(lease.kv2.path)}`;
    await lease.operator.write(role, { token_explicit_max_ttl: 90 });
    expect(lifeFindings(await inVault(), 60)).toEqual([
      { ok: false, text: "a lease can live 90 s, and VAULT_READER_TTL_SECONDS says 60: too short" },
    ]);
    expect(lifeFindings(await inVault(), 90)).toEqual([]);
  });

  it("knows no life where there is no such reader", async () => {
    const { lease } = await operatorWorld();
    expect(await readReaderTtl(lease.operator, lease, "nobody")).toBeNull();
  });
});
