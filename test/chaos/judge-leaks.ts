import { readFile } from "node:fs/promises";
import { credentialsIn } from "../canary/needles.ts";
import { databaseSinks, folderSinks, redisSinks, type Sink } from "../canary/sinks.ts";
import type { ChaosWorld } from "./chaos-world.ts";
import type { Planted } from "./planted-values.ts";

export interface LeakPlaces {
  readonly world: ChaosWorld;
  readonly planted: Planted;
  /** Logs of the processes under test. */
  readonly logDir: string;
  /** Of servers of the run's own: Vault's audit log too. */
  readonly serverLogs: readonly string[];
  /** What AWS shows of the targets without their values. */
  readonly shown: readonly string[];
}

/** Looks for every piece of every planted value, in every usual encoding, everywhere but in Vault and in AWS's values. */
export async function judgeLeaks(places: LeakPlaces): Promise<string[]> {
  const net = places.planted.net();
  const sinks = await openSinks(places);
  return sinks.flatMap(({ name, text }) => [
    ...net.leaksIn(text).map(({ canary, encoding, at }) => `${canary} in ${name}, ${encoding}, at ${at}`),
    ...credentialsIn(text).map((what) => `${what} in ${name}`),
  ]);
}

async function openSinks({ world, logDir, serverLogs, shown }: LeakPlaces): Promise<Sink[]> {
  const { servers, databaseUrl, prefix, vaultFront, gateVaultFront, awsFront } = world;
  const fronts = [vaultFront, gateVaultFront, awsFront].map((front) => JSON.stringify(front.calls()));
  const redis = await redisSinks(servers.redis.url);
  return [
    ...(await databaseSinks(databaseUrl)),
    ...redis.filter(({ name }) => name.startsWith(`Redis ${prefix}`)), // others may share it
    ...(await folderSinks(logDir)),
    { name: "the fronts' lists of calls", text: fronts.join("\n") },
    { name: "what AWS shows without values", text: shown.join("\n") },
    ...(await Promise.all(serverLogs.map(async (name) => ({ name, text: await readFile(name, "latin1") })))),
  ];
}
