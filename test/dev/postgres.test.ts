import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { describe, expect, it, onTestFinished } from "vitest";
import { z } from "zod";
import { type PracticePostgres, startPostgres } from "../../dev/postgres/start-postgres.ts";
import { identityOf, isAlive } from "../../dev/processes/process-identity.ts";
import { killHard, runFixture } from "./run-fixture.ts";

const Said = z.object({ pid: z.number(), guardPid: z.number() });

function newOrder(): { dataDir: string; logTo: string } {
  const folder = mkdtempSync(join(tmpdir(), "glovebox-postgres-")); // 0700, as a clone in root's home is
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return { dataDir: join(folder, "data"), logTo: join(folder, "postgres.log") };
}
async function started(order: ReturnType<typeof newOrder>): Promise<PracticePostgres> {
  const postgres = await startPostgres(order);
  onTestFinished(postgres.stop);
  return postgres;
}
async function ask(url: string, statement: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return client
    .query(statement)
    .then(({ rows }) => rows)
    .finally(() => client.end());
}

describe("startPostgres", () => {
  it("gives an empty server, and databases of any name", async () => {
    const postgres = await started(newOrder());
    const url = await postgres.createDatabase("odd name-1");
    expect(await ask(url, "select current_database() as name")).toEqual([{ name: "odd name-1" }]);
  });

  it("keeps committed rows from one start to the next", async () => {
    const order = newOrder();
    const first = await startPostgres(order);
    await ask(first.url, "create table kept as select 1 as n");
    await first.stop();
    expect(await ask((await started(order)).url, "select n from kept")).toEqual([{ n: 1 }]);
  });

  it("begins empty when its folder was removed in between", async () => {
    const order = newOrder();
    const first = await startPostgres(order);
    await ask(first.url, "create table kept as select 1 as n");
    await first.stop();
    rmSync(order.dataDir, { recursive: true });
    expect(await ask((await started(order)).url, "select to_regclass('kept') as found")).toEqual([{ found: null }]);
  });

  it("ends the server that a killed run left running, and keeps what it had committed", async () => {
    const order = newOrder();
    const { child, said } = await runFixture("postgres-fixture.ts", order.dataDir, order.logTo);
    const { pid, guardPid } = Said.parse(said);
    const orphan = identityOf(pid);
    process.kill(guardPid, "SIGKILL"); // or it would end the orphan for us
    await killHard(child);
    expect(isAlive(orphan)).toBe(true);
    const { url } = await started(order);
    expect(isAlive(orphan)).toBe(false);
    expect(await ask(url, "select word from kept")).toEqual([{ word: "committed" }]);
  });

  it("refuses data that a living run uses, and leaves its server alone", async () => {
    const order = newOrder();
    const { said } = await runFixture("postgres-fixture.ts", order.dataDir, order.logTo);
    const { pid } = Said.parse(said);
    await expect(startPostgres(order)).rejects.toThrow(/Nothing was started/);
    expect(isAlive(identityOf(pid))).toBe(true);
  });
});
