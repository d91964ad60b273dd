import { randomUUID } from "node:crypto";
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { describe, expect, inject, it } from "vitest";
import { mintMetadata, mountSlug } from "../../src/approvals/mint-metadata.ts";
import { openingMemory } from "../../src/approvals/opening-memory.ts";
import { takeFence } from "../../src/migration/fence.ts";
import { openVaultClient, type VaultClient } from "../../src/vault/vault-client.ts";
import { readerRoleId, secretIdPath } from "../../src/vault/vault-names.ts";
import { crashWorld } from "./crash-world.ts";

const refused = expect.objectContaining({ statusCode: 403 });

/** A thief with all that a worker holds: the admin's Vault credentials and the database. The bot and its key are not his. */
async function stolenWorker() {
  const world = await crashWorld({ fenceSeconds: 20 });
  const { store, lease, settings } = world;
  const login = await openVaultClient(lease.vault, "").write(`auth/${settings.names.authMount}/login`, {
    role_id: settings.adminRoleId,
    secret_id: settings.adminSecretId,
  });
  const admin = openVaultClient(lease.vault, (login as { auth: { client_token: string } }).auth.client_token);
  const jewel = await lease.put("crown/jewel", { value: "crown jewel" });
  const jewelRequest = await world.request(jewel);
  const fence = await takeFence(store, "thief", 60);
  return {
    ...world,
    admin,
    jewel,
    jewelRequest,
    /** Asks the gate with rows of his own. @returns Its answer. */
    ask: async (migrationId: string): Promise<string> => {
      const id = randomUUID();
      await store.insertInto("gateAsk").values({ id, kind: "open", migrationId, fence: fence.number }).execute();
      for (;;) {
        const { answeredAt, refusalCode } = await store
          .selectFrom("gateAsk")
          .selectAll()
          .where("id", "=", id)
          .executeTakeFirstOrThrow();
        if (answeredAt) return refusalCode ?? "opened";
        await world.lease.gate.isOpen(); // the gate looks every 500 ms; this paces the question
      }
    },
    mint: (client: VaultClient, path: string, requestId: string) =>
      client.write(secretIdPath(lease.names, lease.kv2.path), {
        metadata: mintMetadata(lease.kv2.path, path, requestId),
      }),
  };
}

describe("a thief with the worker's Vault credentials and the database", () => {
  it("mints nothing while the gate is shut", async () => {
    const { admin, mint, jewelRequest, lease } = await stolenWorker();
    await expect(mint(admin, "crown/jewel", jewelRequest)).rejects.toEqual(refused);
    const own = { metadata: JSON.stringify({ [`m_${mountSlug(lease.kv2.path)}`]: "crown/*", request: "RQ-1" }) };
    await expect(admin.write(secretIdPath(lease.names, lease.kv2.path), own)).rejects.toEqual(refused);
  });

  it("opens the gate for what is approved and for nothing else", async () => {
    const world = await stolenWorker();
    const { store, admin, mint, ask, jewelRequest } = world;
    const { path, id } = await world.orderNew();
    const { requestId, statementId } = await world.rowOf(id);
    expect(await ask(id)).toBe("opened");
    expect(await mint(admin, path, requestId)).toBeDefined();
    await expect(mint(admin, "crown/jewel", requestId)).rejects.toEqual(refused);
    await expect(mint(admin, "crown/jewel", jewelRequest)).rejects.toEqual(refused);
    // A migration of the jewel, made of rows: the only genuine statement that he has is about another path.
    const forged = randomUUID();
    await store.updateTable("request").set({ status: "approved" }).where("id", "=", jewelRequest).execute();
    await store
      .insertInto("migration")
      .values({ id: forged, requestId: jewelRequest, statementId, attempt: 1, state: "queued", createdAt: new Date() })
      .execute();
    expect(await ask(forged)).toBe("SIGNATURE_REFUSED");
    await expect(mint(admin, "crown/jewel", jewelRequest)).rejects.toEqual(refused);
  });

  it("gets approved paths one at a time, each under its request in our chain and in Vault's own audit log", async () => {
    const world = await stolenWorker();
    const { store, admin, mint, ask, lease, settings } = world;
    const orders = [await world.orderNew(), await world.orderNew()];
    for (const [turn, { path, id }] of orders.entries()) {
      const { requestId } = await world.rowOf(id);
      expect(await ask(id)).toBe("opened");
      const other = orders[1 - turn];
      const otherRow = await world.rowOf(other?.id ?? "");
      await expect(mint(admin, other?.path ?? "", otherRow.requestId)).rejects.toEqual(refused);
      const minted = (await mint(admin, path, requestId)) as { data: { secret_id: string } };
      const login = await openVaultClient(lease.vault, "").write(`auth/${settings.names.authMount}/login`, {
        role_id: readerRoleId(settings.names, lease.kv2.path),
        secret_id: minted.data.secret_id,
      });
      const reader = openVaultClient(lease.vault, (login as { auth: { client_token: string } }).auth.client_token);
      expect(await reader.read(`${lease.kv2.path}/data/${path}`)).toBeDefined(); // approved: that much is his
      await expect(reader.read(`${lease.kv2.path}/data/crown/jewel`)).rejects.toEqual(refused);
      const reads = endOf(inject("stack").vault.auditLogPath)
        .split("\n")
        .filter(
          (line) => line.includes(`"path":"${lease.kv2.path}/data/${path}"`) && line.includes('"operation":"read"'),
        );
      expect(reads.length).toBeGreaterThan(0);
      for (const line of reads) expect(JSON.parse(line).auth.metadata.request).toBe(requestId);
      const opened = await store
        .selectFrom("auditEvent")
        .select("content")
        .where("kind", "=", "gate.opened")
        .where("subject", "=", `migration:${id}`)
        .execute();
      expect(opened.map(({ content }) => JSON.parse(content).requestId)).toEqual([requestId]);
    }
  });

  it("gets no more paths in an hour than the gate's pace", async () => {
    const world = await stolenWorker();
    const { store, admin, mint, ask, lease } = world;
    Object.assign(world.gate, { maxPerHour: 2 });
    const orders: { path: string; requestId: string; answer: string }[] = [];
    for (let count = 0; count < 5; count += 1) {
      const { path, id } = await world.orderNew();
      const { requestId } = await world.rowOf(id);
      orders.push({ path, requestId, answer: await ask(id) });
      const isMinted = await mint(admin, path, requestId).then(
        () => true,
        ({ statusCode }: { statusCode: number }) => statusCode !== 403,
      );
      expect(isMinted).toBe(count < 2);
    }
    expect(orders.map(({ answer }) => answer)).toEqual(["opened", "opened", "GATE_PACE", "GATE_PACE", "GATE_PACE"]);
    const opened = await store.selectFrom("auditEvent").select("seq").where("kind", "=", "gate.opened").execute();
    expect(opened).toHaveLength(2);
    // Once the gate is shut, not even what was opened may be minted for again.
    await admin.delete(`sys/policies/acl/${lease.names.policyPrefix}-open`);
    for (const { path, requestId } of orders) await expect(mint(admin, path, requestId)).rejects.toEqual(refused);
  });

  it("gets no more either where he deletes the rows that count them", async () => {
    const { gate, store, ask, orderNew } = await stolenWorker();
    Object.assign(gate, { maxPerHour: 2, openings: openingMemory() });
    const answers: string[] = [];
    for (let count = 0; count < 4; count += 1) {
      const { id } = await orderNew();
      await store.deleteFrom("gateAsk").execute();
      answers.push(await ask(id));
    }
    expect(answers).toEqual(["opened", "opened", "GATE_PACE", "GATE_PACE"]);
  });

  it("opens nothing a second time, though he deletes what says that it is done", async () => {
    const world = await stolenWorker();
    const { store, ask } = world;
    const { id } = await world.orderNew();
    await store.updateTable("fence").set({ deadline: null }).execute();
    await world.migrate(id);
    const fence = await takeFence(store, "thief", 60);
    await store.deleteFrom("finishedStatement").execute();
    await store.updateTable("migration").set({ state: "queued" }).where("id", "=", id).execute();
    await store.updateTable("request").set({ status: "approved" }).execute();
    expect(fence.number).toBeGreaterThan(1);
    expect(await ask(id)).toBe("GATE_STALE_ASK"); // his old fence
    await store
      .updateTable("fence")
      .set({ number: fence.number - 2 })
      .execute();
    expect(await ask(id)).toBe("ALREADY_DONE");
  });

  it("changes no policy, role, entity or login of Vault, and reads no secret", async () => {
    const { admin, lease } = await stolenWorker();
    const { names, kv2, operator } = lease;
    const reader = `${names.authMount}/role/reader-${mountSlug(kv2.path)}`;
    const entity = `identity/entity/name/${names.authMount}-reader-${mountSlug(kv2.path)}`;
    const { id } = ((await operator.read(entity)) as { data: { id: string } }).data;
    const policy = { policy: '{"path":{"*":{"capabilities":["read"]}}}' };
    const writes: [string, Record<string, unknown>][] = [
      [`sys/policies/acl/${names.policyPrefix}-open`, policy],
      [`sys/policies/acl/${names.policyPrefix}-mark`, policy],
      [`sys/policies/acl/${names.policyPrefix}-admin`, policy],
      [`sys/policies/acl/mine`, policy],
      [`auth/${reader}`, { token_policies: ["root"], secret_id_num_uses: 0 }],
      [`auth/${reader}/custom-secret-id`, { secret_id: "mine" }],
      [`auth/${names.authMount}/role/gate/secret-id`, {}],
      [`auth/${names.authMount}/role/admin/secret-id`, {}],
      [`identity/entity/id/${id}`, { policies: ["root"] }],
      [`identity/entity/id/${id}`, { metadata: { m: "crown/jewel" } }],
      ["auth/token/create", { policies: ["root"] }],
      ["auth/token/create-orphan", {}],
      [`${kv2.path}/data/crown/jewel`, { data: { value: "mine" } }],
      ["sys/mounts/mine", { type: "kv" }],
      ["sys/audit/mine", { type: "file" }],
    ];
    for (const [path, body] of writes) await expect(admin.write(path, body), path).rejects.toEqual(refused);
    const reads = [`${kv2.path}/data/crown/jewel`, `${kv2.path}/metadata/crown/jewel`, `auth/${reader}/role-id`];
    for (const path of reads) await expect(admin.read(path), path).rejects.toEqual(refused);
    await expect(admin.list(`${kv2.path}/metadata`)).rejects.toEqual(refused);
  });
});

/** The log of a shared server grows past what one string can hold; what was just done stands at its end. */
function endOf(file: string): string {
  const log = openSync(file, "r");
  const { size } = fstatSync(log);
  const part = Buffer.alloc(Math.min(size, 32_000_000));
  readSync(log, part, 0, part.length, size - part.length);
  closeSync(log);
  return part.toString("utf8");
}
