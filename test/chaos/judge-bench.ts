import { PutSecretValueCommand, type PutSecretValueResponse } from "@aws-sdk/client-secrets-manager";
import pg from "pg";
import { inject } from "vitest";
import { keepGate } from "../../src/approvals/keep-gate.ts";
import { orderUndo } from "../../src/approvals/order-undo.ts";
import { migrateSecret } from "../../src/migration/migrate-secret.ts";
import { Secret } from "../../src/secret.ts";
import { vaultGatePolicy } from "../../src/vault/gate-policy.ts";
import { approleLogin } from "../../src/vault/login/approle-login.ts";
import { standingClient } from "../../src/vault/login/standing-client.ts";
import { openWorker } from "../migration/engine-worker.ts";
import { APPROVER, type ChaosWorld, openChaosWorld } from "./chaos-world.ts";
import type { Findings } from "./findings.ts";
import type { Item } from "./item.ts";
import { judgeItem } from "./judge-item.ts";
import { approve, orderMove, takeOver } from "./people.ts";
import { type MigrationPlan, planCalm } from "./plan.ts";
import { plantItem } from "./plant.ts";
import { type Planted, plantedValues } from "./planted-values.ts";
import { describeRaw, idByLabel } from "./raw-aws.ts";
import { afterMove, afterUndo } from "./targets.ts";

/** Where the judge is shown what is right, and then what somebody spoilt. */
export interface JudgeBench {
  readonly world: ChaosWorld;
  readonly sql: pg.Client;
  readonly worker: Awaited<ReturnType<typeof openWorker>>;
  readonly planted: Planted;
  /** A secret and nothing else. */
  plant(kind?: Partial<MigrationPlan>): Promise<Item>;
  /** A secret that was moved as it must be, also over somebody else's. */
  moved(kind?: Partial<MigrationPlan>): Promise<Item>;
  undone(kind: Partial<MigrationPlan>): Promise<Item>;
  /** The newest attempt. */
  migrationOf(item: Item): Promise<string>;
  findingsOf(item: Item): Promise<Findings>;
  /** As somebody who is not Glovebox: AWSCURRENT moves to it. */
  put(name: string, text: string): Promise<PutSecretValueResponse>;
  /** Which version has each label. */
  idsAt(name: string): Promise<Record<string, string>>;
  stopGate(): Promise<void>;
  close(): Promise<void>;
}

export async function openJudgeBench(): Promise<JudgeBench> {
  const world = await openChaosWorld(inject("stack"));
  const sql = new pg.Client({ connectionString: world.databaseUrl });
  await sql.connect();
  const worker = await openWorker(world.settings);
  const stopGate = keepAnswering(world);
  const planted = plantedValues(11);
  let count = 0;

  const run = async (item: Item): Promise<void> => migrateSecret(worker.deps, await migrationOf(item));
  const migrationOf: JudgeBench["migrationOf"] = async ({ requestIds }) => {
    const row = await world.store
      .selectFrom("migration")
      .select("id")
      .where("requestId", "in", requestIds)
      .orderBy("attempt", "desc")
      .limit(1)
      .executeTakeFirstOrThrow();
    return row.id;
  };
  const plant: JudgeBench["plant"] = async (kind = {}) => {
    count += 1;
    return plantItem(world, { ...planCalm(count), ...kind }, planted);
  };
  const moved: JudgeBench["moved"] = async (kind = {}) => {
    const item = await plant(kind);
    await orderMove(world, item, async () => {});
    await run(item);
    if (kind.isTakenOver) {
      await takeOver(world, item, 1);
      await approve(world, item, 2);
      await run(item);
    }
    item.before = item.expected;
    item.expected = afterMove(item.plan, item.expected, item.values);
    return item;
  };
  return {
    ...{ world, sql, worker, planted, plant, moved, migrationOf, stopGate },
    undone: async (kind) => {
      const item = await moved(kind);
      await orderUndo(world.decide, { requestId: item.requestIds[0] ?? "", by: APPROVER });
      await run(item);
      item.expected = afterUndo(item.before, item.expected);
      return item;
    },
    findingsOf: async (item) => (await judgeItem(world, sql, item)).findings,
    put: (SecretId, SecretString) => world.aws.send(new PutSecretValueCommand({ SecretId, SecretString })),
    idsAt: async (name) => idByLabel((await describeRaw(world.aws, name)) ?? {}),
    close: async () => {
      await stopGate();
      await worker.close();
      await sql.end();
      await world.close();
    },
  };
}

/** The gate, in this process. @returns Stops it. */
function keepAnswering({ store, gateOrder, decide }: ChaosWorld): () => Promise<void> {
  const { vaultAddress: address, names, roleId, secretId } = gateOrder;
  const login = approleLogin(
    { address, timeoutMs: 3_000 },
    { mount: names.authMount, roleId, secretId: new Secret(secretId) },
  );
  const deps = {
    ...{ store, keyring: decide.keyring, membership: decide.membership, approvers: decide.rules.approvers },
    ...{ policy: vaultGatePolicy(standingClient(login), names), maxPerHour: 1_000, now: decide.now },
  };
  let isStopped = false;
  const loop = (async () => {
    while (!isStopped) {
      await keepGate(deps);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  })();
  return async () => {
    isStopped = true;
    await loop;
  };
}
