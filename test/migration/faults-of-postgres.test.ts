import { sql } from "kysely";
import { describe, expect, it } from "vitest";
import { codeOf } from "../../src/errors.ts";
import { type CrashWorld, crashWorld, FINISHED } from "./crash-world.ts";
import { attempt, goOn, WAITING } from "./fault-ends.ts";

/** The first commit of each step loses its connection in the middle of its transaction. */
async function breakCommitOf({ store }: CrashWorld, steps: readonly string[]): Promise<void> {
  for (const [index, step] of steps.entries()) {
    const name = sql.ref(`break_${index}`);
    await sql`create sequence ${name}`.execute(store); // counts also what is rolled back
    await sql`create function ${name}() returns trigger language plpgsql as $$ begin
      if nextval(${sql.lit(`break_${index}`)}) = 1 then perform pg_terminate_backend(pg_backend_pid()); end if;
      return new; end $$`.execute(store);
    await sql`create trigger ${name} before insert on journal for each row
      when (new.step = ${sql.lit(step)}) execute function ${name}()`.execute(store);
  }
}

describe("a migration whose Postgres connection breaks", () => {
  it.each(["migration.started", "secret-id.minted", "lease.opened", "write.intended"])(
    "in the commit of %s waits with nothing lent and nothing written, and goes on by itself",
    async (step) => {
      const world = await crashWorld({ fenceSeconds: 20 });
      await breakCommitOf(world, [step]);
      const { id } = await world.orderNew();
      expect(await attempt(world, id)).toBe("STORE_LOST");
      expect(await world.outcomeOf(id)).toMatchObject(WAITING);
      await goOn(world, id);
      expect(await world.outcomeOf(id)).toMatchObject(FINISHED);
    },
  );

  it("after the write leaves it where it is, and ends it without another", async () => {
    const world = await crashWorld({ fenceSeconds: 20 });
    await breakCommitOf(world, ["target.verified"]);
    const { id } = await world.orderNew();
    expect(await attempt(world, id)).toBe("STORE_LOST");
    expect(await world.outcomeOf(id)).toMatchObject({ state: "closed", target: "live", sealed: false });
    await goOn(world, id);
    expect(await world.outcomeOf(id)).toMatchObject(FINISHED);
  });

  it.each([
    ["the last one", ["migration.done"]],
    ["the one of the token and then the one of its waiting", ["write.intended", "migration.waiting"]],
  ])("in the commit of %s is ended by a later call", async (_what, steps) => {
    const world = await crashWorld({ fenceSeconds: 20 });
    await breakCommitOf(world, steps);
    const { id } = await world.orderNew();
    await expect(world.migrate(id)).rejects.toThrow();
    await world.takeOver(id);
    expect(await world.outcomeOf(id)).toMatchObject(FINISHED);
  });

  it("is left to the sweep while Postgres is gone, and moves once when it is back", { timeout: 60_000 }, async () => {
    const world = await crashWorld({ fenceSeconds: 2 });
    const { id } = await world.orderNew();
    await forbidConnections(world, true);
    const code = await world.migrate(id).then(() => "moved", codeOf);
    await forbidConnections(world, false);
    expect(code).not.toBe("moved");
    await world.untilFenceIsFree();
    await world.takeOver(id);
    expect(await world.outcomeOf(id)).toMatchObject(FINISHED);
  });
});

/** As a server that was stopped: every session ends, and no new one is let in. Asked from another database. */
async function forbidConnections({ settings }: CrashWorld, isForbidden: boolean): Promise<void> {
  const { default: pg } = await import("pg");
  const url = new URL(settings.databaseUrl);
  const name = url.pathname.slice(1);
  url.pathname = "/postgres";
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  await client.query(`alter database ${name} with allow_connections ${!isForbidden}`);
  if (isForbidden)
    await client.query("select pg_terminate_backend(pid) from pg_stat_activity where datname = $1", [name]);
  await client.end();
}
