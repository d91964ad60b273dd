import { randomUUID } from "node:crypto";
import { MOUNTS } from "../dev/seed/generate-estate.ts";
import { PRACTICE_ENGINES } from "../dev/seed/practice-engines.ts";
import { seedVault } from "../dev/seed/seed-vault.ts";
import type { CatalogSource } from "../src/catalog/catalog-source.ts";
import { crawlVault } from "../src/catalog/crawl-vault.ts";
import { migrateStore } from "../src/store/migrate.ts";
import { openStore } from "../src/store/open-store.ts";
import { vaultCatalogSource } from "../src/vault/catalog-source.ts";
import { catalogPolicy } from "../src/vault/setup/policies.ts";
import { openVaultClient, type VaultClient } from "../src/vault/vault-client.ts";
import { bareCrawl } from "./bare-crawl.ts";
import type { BenchResult, BenchRun } from "./bench.ts";
import { makeDatabase } from "./make-database.ts";
import type { BenchServers } from "./open-servers.ts";

const CALLS_AT_ONCE = 8;
const PHASES = ["names", "metadata", "keys"] as const;
type Phase = (typeof PHASES)[number];

interface Spent {
  ms: number;
  /** Of this process alone: neither Vault's nor Postgres's. */
  cpuMs: number;
}

/**
 * A first crawl into an empty database against the bare calls, phase by phase: bare, ours, bare, and ours by the mean of
 * the two, so that a machine that is slow for a while is slow for both. The ratio is the worst of the three. One walk of
 * each goes before, untimed: it compiles the code and opens the connections, for a bot is a process that stays.
 */
export async function benchDiscover({ servers, items: secrets, say }: BenchRun): Promise<BenchResult> {
  const world = await openWorld(servers, secrets, say);
  const { store, source, token, mounts } = world;
  const bare = bareCrawl(servers.vault.address, token, CALLS_AT_ONCE);
  const bareRuns: Record<Phase, Spent[]> = { names: [], metadata: [], keys: [] };
  const ours: Partial<Record<Phase, Spent>> = {};
  const residents: number[] = [];
  const look = (): void => void residents.push(process.memoryUsage.rss() / (1024 * 1024));
  const timed = async <T>(phase: Phase, run: () => Promise<T>): Promise<T> => {
    const stop = stopwatch();
    const answer = await run();
    bareRuns[phase].push(stop());
    return answer;
  };
  try {
    await bare.names(mounts);
    await world.walkOnce();
    const { places, folderCount } = await timed("names", () => bare.names(mounts));
    const versioned = places.filter(({ mount }) => mounts.find(({ path }) => path === mount)?.isVersioned);
    say(`${places.length} names in ${folderCount} folders`);
    look();
    let stop = stopwatch();
    const summary = await crawlVault({
      store,
      source,
      now: () => new Date(),
      report: look,
      concurrency: CALLS_AT_ONCE,
      async phaseEnded(phase) {
        ours[phase] = stop();
        if (phase === "names") await timed("names", () => bare.names(mounts));
        if (phase !== "keys") await timed("metadata", () => bare.metadata(versioned));
        if (phase !== "names") await timed("keys", () => bare.keyNames(versioned));
        stop = stopwatch();
      },
    });
    if (summary.entryCount !== places.length) throw new Error(`${summary.entryCount} names, not ${places.length}`);
    const rows = PHASES.map((phase) => compare(phase, ours[phase] ?? { ms: 0, cpuMs: 0 }, bareRuns[phase]));
    const [start, middle, end] = [0, 0.5, 1].map((at) => residents[Math.floor((residents.length - 1) * at)] ?? 0);
    const figures = {
      ratio: Math.max(...rows.map(({ ratio }) => ratio)),
      ...{ secrets: places.length, folders: folderCount, callsAtOnce: CALLS_AT_ONCE },
      phases: Object.fromEntries(rows.map(({ phase, ...row }) => [phase, row])),
      residentMb: { start, middle, end, peak: Math.max(...residents) },
    };
    return {
      figures,
      lines: [
        `a first crawl of ${places.length} secrets in ${folderCount} folders, ${CALLS_AT_ONCE} calls at once`,
        ...rows.map(
          ({ phase, oursMs, bareMs, ratio, cpuRatio }) =>
            `${phase.padEnd(9)} ours ${seconds(oursMs)} s   bare ${bareMs.map(seconds).join(" and ")} s   ratio ${ratio.toFixed(2)} (CPU of this process ${cpuRatio.toFixed(2)})`,
        ),
        `resident ${start?.toFixed(0)} MB at the start, ${middle?.toFixed(0)} in the middle, ${end?.toFixed(0)} at the end (with the list of the bare calls)`,
      ],
    };
  } finally {
    await world.close();
  }
}

function compare(phase: Phase, { ms, cpuMs }: Spent, bare: readonly Spent[]) {
  const bareMs = bare.map((run) => run.ms);
  const cpuRatio = cpuMs / mean(bare.map((run) => run.cpuMs));
  return { phase, oursMs: ms, bareMs, ratio: ms / mean(bareMs), cpuRatio };
}

function stopwatch(): () => Spent {
  const [since, cpu] = [performance.now(), process.cpuUsage()];
  return () => {
    const { user, system } = process.cpuUsage(cpu);
    return { ms: performance.now() - since, cpuMs: (user + system) / 1_000 };
  };
}

const mean = (numbers: readonly number[]): number => numbers.reduce((sum, each) => sum + each, 0) / numbers.length;
const seconds = (ms: number): string => (ms / 1_000).toFixed(1);

/** An estate in mounts of its own, a token that may do what the catalogue may, and an empty database. */
async function openWorld({ vault, postgres }: BenchServers, secrets: number, say: (line: string) => void) {
  const id = randomUUID().slice(0, 8);
  const prefix = `bench-${id}-`;
  const operator = openVaultClient({ address: vault.address, timeoutMs: 10_000 }, vault.rootToken);
  const since = performance.now();
  await seedVault({ address: vault.address, token: vault.rootToken, secrets, mountPrefix: prefix });
  say(`${secrets} secrets written in ${seconds(performance.now() - since)} s`);
  const [databaseUrl, drop] = await makeDatabase(postgres.url, `bench_${id}`);
  const store = openStore(databaseUrl, () => {}, 4);
  await migrateStore(store);
  const kv = Object.entries(MOUNTS).map(([path, engine]) => ({ path: `${prefix}${path}`, engine }));
  const token = await catalogToken(operator, `${prefix}catalog`, kv);
  const source = onlyOwn(vaultCatalogSource(openVaultClient({ address: vault.address, timeoutMs: 10_000 }, token)), kv);
  return {
    store,
    token,
    source,
    /** Lists every name into a database that is thrown away. */
    async walkOnce() {
      const [otherUrl, dropOther] = await makeDatabase(postgres.url, `bench_${id}_walk`);
      const other = openStore(otherUrl, () => {}, 4);
      await migrateStore(other);
      const scope = { namesOnly: true, full: false };
      await crawlVault({
        store: other,
        source,
        scope,
        now: () => new Date(),
        report: () => {},
        concurrency: CALLS_AT_ONCE,
      });
      await other.destroy();
      await dropOther();
    },
    mounts: kv.map(({ path, engine }) => ({ path, isVersioned: engine === "kv-v2" })),
    async close() {
      await store.destroy();
      await drop();
      const others = PRACTICE_ENGINES.map(({ mount }) => `${prefix}${mount}`);
      for (const path of [...kv.map((mount) => mount.path), ...others]) await operator.delete(`sys/mounts/${path}`);
      await operator.delete(`sys/policies/acl/${prefix}catalog`);
    },
  };
}

async function catalogToken(operator: VaultClient, name: string, mounts: readonly { path: string; engine: string }[]) {
  await operator.write(`sys/policies/acl/${name}`, { policy: JSON.stringify(catalogPolicy(mounts)) });
  const answer = await operator.write("auth/token/create", { policies: [name], ttl: "2h" });
  return (answer as { auth: { client_token: string } }).auth.client_token;
}

/** A shared server has mounts of others. */
function onlyOwn(source: CatalogSource, own: readonly { path: string }[]): CatalogSource {
  const isOwn = ({ path }: { path: string }): boolean => own.some((mount) => mount.path === path);
  return {
    ...source,
    async listMounts(namespace) {
      const { mounts } = await source.listMounts(namespace);
      return { mounts: mounts.filter(isOwn), missingRight: null };
    },
  };
}
