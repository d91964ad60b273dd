import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { PRACTICE_LANES, practiceTeams } from "../../../dev/glovebox/practice-rules.ts";
import { pastEvents } from "../../../dev/seed/audit-events.ts";
import { writeAuditLog } from "../../../dev/seed/audit-log.ts";
import { generateEstate, MOUNTS, type SeedSecret } from "../../../dev/seed/generate-estate.ts";
import { PRACTICE_ENGINES } from "../../../dev/seed/practice-engines.ts";
import { roleLane } from "../../../dev/seed/seed-lanes.ts";
import { seedVault } from "../../../dev/seed/seed-vault.ts";
import { crawlVault } from "../../../src/catalog/crawl-vault.ts";
import { reportForTerminal } from "../../../src/cli/report.ts";
import { importForTerminal } from "../../../src/cli/usage-import.ts";
import { identifyEntries } from "../../../src/metadata/identify-entries.ts";
import { LANES } from "../../../src/migration/lanes/lane.ts";
import { LaneRules } from "../../../src/migration/lanes/lane-rules.ts";
import { countProgress } from "../../../src/migration/progress/count-progress.ts";
import {
  DIMENSIONS,
  type Dimension,
  laneCount,
  stateCount,
  totalOf,
} from "../../../src/migration/progress/progress-counts.ts";
import { migrateStore } from "../../../src/store/migrate.ts";
import { openStore, type Store } from "../../../src/store/open-store.ts";
import { vaultCatalogSource } from "../../../src/vault/catalog-source.ts";
import { openVaultClient } from "../../../src/vault/vault-client.ts";
import { freshDatabase } from "../../fresh-store.ts";

const SECRETS = 400;
const SEED = 7;
const PAST = { seed: SEED, days: 14, until: new Date("2026-06-15T00:00:00Z") };
const NOW = new Date("2026-06-15T01:00:00Z");
const PREFIX = `zq${randomBytes(4).toString("hex")}-`;

const now = (): Date => NOW;
const rules = LaneRules.parse({
  ...PRACTICE_LANES,
  paths: PRACTICE_LANES.paths.map((rule) => ({ ...rule, paths: rule.paths.map((glob) => `${PREFIX}${glob}`) })),
});
const limits = { namespace: "", prefixes: [], rules, teams: practiceTeams({}) };

/** The practice estate in a real Vault, crawled, named, and used for two weeks as its audit log says. */
async function practiceCatalogue(store: Store, folder: string): Promise<void> {
  const { address, rootToken } = inject("stack").vault;
  await seedVault({ address, token: rootToken, secrets: SECRETS, seed: SEED, mountPrefix: PREFIX });
  const source = vaultCatalogSource(openVaultClient({ address, timeoutMs: 10_000 }, await catalogToken()));
  await crawlVault({ store, source, now, report: () => {} });
  await identifyEntries({ store, now });
  const file = join(folder, "audit.log.gz");
  await writeAuditLog(file, { ...PAST, secrets: SECRETS, mountPrefix: PREFIX });
  const command = { store, ownAuthMount: "glovebox", now, isTerminal: false, isJson: true, report: () => {} };
  expect((await importForTerminal(command, [file])).ok).toBe(true);
}

/** May list and describe what lies on the mounts of this test, and read no value. */
async function catalogToken(): Promise<string> {
  const { address, rootToken } = inject("stack").vault;
  const root = openVaultClient({ address, timeoutMs: 10_000 }, rootToken);
  const path = Object.fromEntries(
    Object.entries(MOUNTS).flatMap(([mount, engine]) =>
      engine === "kv-v1"
        ? [[`${PREFIX}${mount}/*`, { capabilities: ["list"] }]]
        : [
            [`${PREFIX}${mount}/metadata/*`, { capabilities: ["list", "read"] }],
            [`${PREFIX}${mount}/subkeys/*`, { capabilities: ["read"] }],
          ],
    ),
  );
  const lists = PRACTICE_ENGINES.flatMap(({ mount, roles }) =>
    roles.map((role) => `${PREFIX}${mount}/${role.split("/")[0]}/*`),
  );
  const roles = Object.fromEntries(lists.map((list) => [list, { capabilities: ["list"] }]));
  await root.write(`sys/policies/acl/${PREFIX}catalog`, { policy: JSON.stringify({ path: { ...path, ...roles } }) });
  const created = (await root.write("auth/token/create", { policies: [`${PREFIX}catalog`], ttl: "10m" })) as {
    auth: { client_token: string };
  };
  return created.auth.client_token;
}

/** Vault names them, and tells their names to everybody. */
async function issuersOf(mount: string): Promise<string[]> {
  const answer = await fetch(`${inject("stack").vault.address}/v1/${PREFIX}${mount}/issuers`, { method: "LIST" });
  const { data } = (await answer.json()) as { data: { keys: string[] } };
  return data.keys.map((key) => `issuers/${key}`);
}

/** What key names would tell and KV v1 keeps to itself. */
const TOLD_BY_KEYS_ALONE = ["config-not-secret", "generic-password", "mixed-bundle"];

function expectedType({ engine, type, isCurrentDeleted }: SeedSecret): string {
  const hasKeyNames = engine === "kv-v2" && !isCurrentDeleted;
  return type === "unknown" || (!hasKeyNames && TOLD_BY_KEYS_ALONE.includes(type)) ? "" : type;
}

/** Its owner is known by metadata, by the first folder of the one mount that is sorted by team, or by who reads it. */
function expectedTeam({ mount, team, customMetadata, ...place }: SeedSecret, isRead: boolean): string {
  const isTold = customMetadata !== undefined || isRead || (mount === "secret" && !place.path.startsWith("odd/"));
  return isTold ? (team ?? "") : "";
}

interface Expected extends Record<Dimension, string> {
  readonly path: string;
  readonly lane: string;
}

/** What the report must say of each secret, and of each role of another engine. */
function expectedEntries(
  estate: readonly SeedSecret[],
  isRead: (secret: SeedSecret) => boolean,
  issuers: readonly string[],
): Expected[] {
  const secrets = estate.map((secret) => ({
    ...{ mount: `${PREFIX}${secret.mount}`, path: secret.path, lane: secret.lane, namespace: "" },
    ...{ team: expectedTeam(secret, isRead(secret)), type: expectedType(secret) },
  }));
  const roles = PRACTICE_ENGINES.flatMap(({ mount, type, roles: paths }) =>
    [...paths, ...(type === "pki" ? issuers : [])].map((path) => ({
      ...{ mount: `${PREFIX}${mount}`, path, lane: roleLane(path), namespace: "", team: "", type: `role of ${type}` },
    })),
  );
  return [...secrets, ...roles];
}

describe("the practice estate, crawled and used", () => {
  const estate = [...generateEstate({ secrets: SECRETS, seed: SEED })];
  const read = new Set(
    [...pastEvents({ ...PAST, secrets: estate })]
      .filter(({ operation }) => operation === "read")
      .map(({ secret }) => `${secret.mount}/${secret.path}`),
  );
  const isRead = ({ mount, path }: SeedSecret): boolean => read.has(`${mount}/${path}`);
  let expected: Expected[] = [];
  let [folder, store, drop]: [string, Store | null, () => Promise<void>] = ["", null, async () => {}];
  const opened = (): Store => {
    if (store === null) throw new Error("the catalogue was not made");
    return store;
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "glovebox-lanes-"));
    const database = await freshDatabase();
    drop = database.drop;
    store = openStore(database.url, () => {});
    await migrateStore(store);
    await practiceCatalogue(store, folder);
    expected = expectedEntries(estate, isRead, await issuersOf("pki"));
  }, 120_000);
  afterAll(async () => {
    const { address, rootToken } = inject("stack").vault;
    const root = openVaultClient({ address, timeoutMs: 10_000 }, rootToken);
    const mounts = [...Object.keys(MOUNTS), ...PRACTICE_ENGINES.map(({ mount }) => mount)];
    for (const mount of mounts) await root.delete(`sys/mounts/${PREFIX}${mount}`);
    await root.delete(`sys/policies/acl/${PREFIX}catalog`);
    await store?.destroy();
    await drop();
    await rm(folder, { recursive: true, force: true });
  });

  it("has the lanes that the seed gave it, per team, namespace, type and mount", async () => {
    const { ok } = await reportForTerminal({ store: opened(), limits, now }, {});
    expect(ok).toBe(true);
    const { whole, by } = await countProgress(opened(), NOW);
    const lanesOf = (entries: readonly Expected[]): number[] =>
      LANES.map((lane) => entries.filter((entry) => entry.lane === lane).length);
    expect(LANES.map((lane) => laneCount(whole, lane))).toEqual(lanesOf(expected));
    for (const dimension of DIMENSIONS) {
      const groups = [...Map.groupBy(expected, (entry) => entry[dimension])];
      const counted = by[dimension].map((group) => [group.name, ...LANES.map((lane) => laneCount(group, lane))]);
      const wanted = groups.map(([name, entries]) => [name, ...lanesOf(entries)]);
      expect(counted.toSorted(), dimension).toEqual(wanted.toSorted());
    }
  });

  it("gives each secret its own lane, not only the right sums", async () => {
    const rows = await opened()
      .selectFrom("entry")
      .innerJoin("entryLane", "entryLane.entryId", "entry.id")
      .select(["mount", "path", "lane"])
      .execute();
    const judged = rows.map(({ mount, path, lane }) => `${mount}/${path} ${lane}`);
    expect(judged.toSorted()).toEqual(expected.map(({ mount, path, lane }) => `${mount}/${path} ${lane}`).toSorted());
  });

  it("counts as found only what nobody knows the type of, and as identified the rest", async () => {
    const { whole } = await countProgress(opened(), NOW);
    expect(totalOf(whole)).toBe(expected.length);
    expect(stateCount(whole, "found")).toBe(expected.filter(({ type }) => type === "").length);
    expect(stateCount(whole, "identified")).toBe(expected.filter(({ type }) => type !== "").length);
  });
});
