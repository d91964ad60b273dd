import { sql } from "kysely";
import { describe, expect, it } from "vitest";
import { type CrashWorld, crashWorld, FINISHED } from "./crash-world.ts";
import { causeOf, retry, UNTOUCHED } from "./fault-ends.ts";

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
  it.each([
    ["migration.started", "absent"],
    ["secret-id.minted", "absent"],
    ["lease.opened", "absent"],
    ["write.intended", "absent"],
    ["target.verified", "tombstone"],
  ])("in the commit of %s fails cleanly and moves on Retry", async (step, target) => {
    const world = await crashWorld({ fenceSeconds: 20 });
    await breakCommitOf(world, [step]);
    const { id } = await world.orderNew();
    await world.migrate(id);
    expect((await causeOf(world, id)).code).toBe("STORE_LOST");
    expect(await world.outcomeOf(id)).toMatchObject({ ...UNTOUCHED, target });
    expect(await world.outcomeOf(await retry(world, id))).toMatchObject({
      ...FINISHED,
      versionCount: target === "absent" ? 1 : 2,
    });
  });

  it.each([
    ["the last one", ["migration.done"]],
    ["the one of the token and then the one of its failure", ["write.intended", "migration.failed"]],
  ])("in the commit of %s is ended by a later call", async (_what, steps) => {
    const world = await crashWorld({ fenceSeconds: 20 });
    await breakCommitOf(world, steps);
    const { id } = await world.orderNew();
    await expect(world.migrate(id)).rejects.toThrow();
    await world.takeOver(id);
    expect(await world.outcomeOf(id)).toMatchObject(FINISHED);
  });
});
