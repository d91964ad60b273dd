import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { startAws } from "./aws/start-moto.ts";
import type { AwsFront } from "./aws/strict-front/start-front.ts";
import { givenService } from "./given-services.ts";
import { startPostgres } from "./postgres/start-postgres.ts";
import { forgetProcesses, healLeftovers, recordProcess } from "./processes/leftovers.ts";
import type { RecordProcess } from "./processes/start-process.ts";
import { startRedis } from "./redis/start-redis.ts";
import { startVault } from "./vault/start-vault.ts";

/** `isGiven`: named by a variable of the environment; we did not start it, and do not stop it. */
interface Service {
  readonly isGiven: boolean;
}
export interface StackServices {
  /** Of a given Vault, `rootToken` is VAULT_TOKEN (or empty) and `auditLogPath` is empty: its log is not ours. */
  readonly vault: Service & { readonly address: string; readonly rootToken: string; readonly auditLogPath: string };
  /** A given endpoint has no front, so no strict rules and no faults; `motoUrl` is what stands behind ours. */
  readonly aws: Service & {
    readonly endpointUrl: string;
    readonly front: AwsFront | null;
    readonly motoUrl: string | null;
  };
  readonly postgres: Service & { readonly url: string; createDatabase(name: string): Promise<string> };
  readonly redis: Service & { readonly url: string };
}
export type ServiceName = keyof StackServices;

export type Stack<Name extends ServiceName = ServiceName> = Pick<StackServices, Name> & {
  /** What Glovebox needs to find these services. No Vault token: Glovebox has identities of its own. */
  readonly env: Readonly<Record<string, string>>;
  /** Stops what was started, last first, and goes on where something fails. May be called twice. */
  stop(): Promise<void>;
};

export interface StackStep {
  readonly service: ServiceName | "leftovers";
  /** One line for people: "started on http://127.0.0.1:4100". Never a token or a password. */
  readonly text: string;
  readonly ms: number;
}

export interface StackOrder<Name extends ServiceName> {
  /** Holds logs, data and pids.json. One run at a time; what a killed one left in it is ended first. */
  readonly runDir: string;
  /** All four unless told. */
  readonly only?: readonly Name[];
  readonly report?: (step: StackStep) => void;
  /** Read for VAULT_ADDR, VAULT_TOKEN, AWS_ENDPOINT_URL, DATABASE_URL and REDIS_URL; the process's own unless told. */
  readonly environment?: NodeJS.ProcessEnv;
}

const ALL: readonly ServiceName[] = ["vault", "aws", "postgres", "redis"];

/**
 * Starts the practice stack's servers side by side, on free ports, or takes those that the environment gives.
 * @throws Error naming what did not start and what to do; everything that did start is stopped again.
 */
export async function startStack<Name extends ServiceName = ServiceName>(
  order: StackOrder<Name>,
): Promise<Stack<Name>> {
  const { runDir, report, environment = process.env } = order;
  const wanted: readonly ServiceName[] = order.only ?? ALL;
  mkdirSync(join(runDir, "logs"), { recursive: true });
  const healingSince = Date.now();
  const healed = await healLeftovers(runDir);
  if (healed.length > 0) {
    report?.({
      service: "leftovers",
      text: `ended what a killed run left: ${healed.join(", ")}`,
      ms: Date.now() - healingSince,
    });
  }

  const services: Partial<StackServices> = {};
  const stops: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (let next = stops.pop(); next; next = stops.pop()) await next().catch(() => undefined);
    forgetProcesses(runDir);
  };
  const bringUp = async (name: ServiceName): Promise<void> => {
    const since = Date.now();
    const started = await START[name](runDir, environment, (each, identity) => recordProcess(runDir, each, identity));
    if (started.stop) stops.push(started.stop);
    Object.assign(services, { [name]: started.service });
    const text = started.service.isGiven ? `given, used as it is: ${started.where}` : `started on ${started.where}`;
    report?.({ service: name, text, ms: Date.now() - since });
  };

  const failures = (await Promise.allSettled(wanted.map(bringUp))).filter((outcome) => outcome.status === "rejected");
  if (failures.length > 0) {
    await stop();
    // Together: whoever mends the first would otherwise meet the second only at the next start.
    throw new Error(
      failures.map(({ reason }) => (reason instanceof Error ? reason.message : String(reason))).join("\n"),
    );
  }
  return { ...(services as Pick<StackServices, Name>), env: environmentFor(services, environment), stop };
}

interface Started<Name extends ServiceName> {
  readonly service: StackServices[Name];
  /** The address, without user and password. */
  readonly where: string;
  readonly stop?: () => Promise<void>;
}
type Start<Name extends ServiceName> = (
  runDir: string,
  environment: NodeJS.ProcessEnv,
  record: RecordProcess,
) => Promise<Started<Name>>;

const START: { readonly [Name in ServiceName]: Start<Name> } = {
  vault: async (runDir, environment, record) => {
    const given = await givenService("vault", environment);
    if (given) return { service: { ...given, auditLogPath: "", isGiven: true }, where: given.address };
    const vault = await startVault({
      dataDir: join(runDir, "vault"),
      logTo: join(runDir, "logs", "vault.log"),
      record,
    });
    return { service: { ...vault, isGiven: false }, where: vault.address, stop: vault.stop };
  },
  aws: async (runDir, environment, record) => {
    const given = await givenService("aws", environment);
    if (given) return { service: { ...given, front: null, motoUrl: null, isGiven: true }, where: given.endpointUrl };
    const aws = await startAws({ logTo: join(runDir, "logs", "moto.log"), record });
    return { service: { ...aws, isGiven: false }, where: aws.endpointUrl, stop: aws.stop };
  },
  postgres: async (runDir, environment, record) => {
    const given = await givenService("postgres", environment);
    if (given) return { service: { ...given, isGiven: true }, where: hostOf(given.url) };
    const logTo = join(runDir, "logs", "postgres.log");
    const postgres = await startPostgres({ dataDir: join(runDir, "postgres"), logTo, record });
    return { service: { ...postgres, isGiven: false }, where: hostOf(postgres.url), stop: postgres.stop };
  },
  redis: async (runDir, environment, record) => {
    const given = await givenService("redis", environment);
    if (given) return { service: { ...given, isGiven: true }, where: hostOf(given.url) };
    const redis = await startRedis({
      dataDir: join(runDir, "redis"),
      logTo: join(runDir, "logs", "redis.log"),
      record,
    });
    return { service: { ...redis, isGiven: false }, where: hostOf(redis.url), stop: redis.stop };
  },
};

/** The practice AWS takes any credentials; a person's own must not go to it, nor be needed. */
function environmentFor(services: Partial<StackServices>, environment: NodeJS.ProcessEnv): Record<string, string> {
  const { vault, aws, postgres, redis } = services;
  const practiceAws = { AWS_ACCESS_KEY_ID: "practice", AWS_SECRET_ACCESS_KEY: "practice" };
  return {
    ...(vault && { VAULT_ADDR: vault.address }),
    ...(aws && { AWS_ENDPOINT_URL: aws.endpointUrl, AWS_REGION: environment.AWS_REGION ?? "eu-central-1" }),
    ...(aws && !aws.isGiven && practiceAws),
    ...(postgres && { DATABASE_URL: postgres.url }),
    ...(redis && { REDIS_URL: redis.url }),
  };
}

function hostOf(url: string): string {
  return new URL(url).host;
}
