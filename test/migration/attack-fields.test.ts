import { paginateListSecrets } from "@aws-sdk/client-secrets-manager";
import { sql } from "kysely";
import { describe, expect, it } from "vitest";
import { orderUndo } from "../../src/approvals/order-undo.ts";
import { retryMigration } from "../../src/approvals/retry-migration.ts";
import { migrateSecret } from "../../src/migration/migrate-secret.ts";
import { type Alteration, alter, listAlterations, openChainForThieves, restoreShared } from "./altered-fields.ts";
import { denial, withPoints } from "./crash-points.ts";
import { type CrashWorld, crashWorld } from "./crash-world.ts";
import { APPROVER, ENGINEER, NOTHING_LEFT } from "./engine-world.ts";

const LANES = 2;
/** Slow machines: about 130 moves in the longest. */
const TIMEOUT = { timeout: 300_000 };

interface ThiefWorld extends CrashWorld {
  /** Approved and never run: a thief may take values from its rows. */
  readonly other: { readonly id: string };
  /** Runs it as a worker would, whatever comes. @returns The code of what it threw, or of what the row says. */
  attempt(id: string): Promise<string>;
}

async function thiefWorld(): Promise<ThiefWorld> {
  const world = await crashWorld({ fenceSeconds: 20 });
  await openChainForThieves(world.store);
  const attempt = async (id: string): Promise<string> => {
    const thrown = await world.migrate(id).then(
      () => null,
      ({ code }: { code?: string }) => code ?? "threw",
    );
    await restoreShared(world.store);
    // Three refused signatures within an hour stop the whole run: here each is looked at by itself.
    await world.store.updateTable("control").set({ isPaused: false, changedAt: new Date() }).execute();
    const row = await world.store.selectFrom("migration").select("causeCode").where("id", "=", id).executeTakeFirst();
    return thrown ?? row?.causeCode ?? "said nothing";
  };
  return { ...world, attempt, other: await world.orderNew() };
}

/** Spreads the alterations over worlds of their own; each ends with nothing left, and no name in AWS but those it expects. */
async function inThiefWorlds(
  cases: (world: ThiefWorld) => Promise<Alteration[]>,
  run: (world: ThiefWorld, alteration: Alteration) => Promise<string | null>,
): Promise<string[]> {
  let listing: Promise<Alteration[]> | undefined;
  const done: string[] = [];
  const lane = async (): Promise<void> => {
    const world = await thiefWorld();
    listing ??= cases(world); // one list for all
    const waiting = await listing;
    const names: string[] = [];
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const name = await run(world, next);
      if (name !== null) names.push(name);
      done.push(next.name);
    }
    expect(await namesInAws(world)).toEqual(names.toSorted());
    expect(await world.leftovers()).toEqual(NOTHING_LEFT);
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return done;
}

async function namesInAws({ aws, prefix }: CrashWorld): Promise<string[]> {
  const names: string[] = [];
  const input = { Filters: [{ Key: "name" as const, Values: [prefix] }], IncludePlannedDeletion: true };
  for await (const { SecretList = [] } of paginateListSecrets({ client: aws }, input)) {
    names.push(...SecretList.map(({ Name = "" }) => Name));
  }
  return names.toSorted();
}

/** What is at a target: nothing, or its versions, and its value where it is not scheduled for deletion. */
async function targetOf(world: CrashWorld, name: string) {
  const described = await world.describe(name).catch(() => null);
  if (described === null) return null;
  const isTombstone = described.DeletedDate !== undefined;
  const value = isTombstone ? null : await world.valueAt(name);
  return { isTombstone, value, versions: Object.keys(described.VersionIdsToStages ?? {}).length };
}

describe("one field of one row altered", () => {
  it("in an approved and queued move: what was signed is moved, or nothing is and it says so", TIMEOUT, async () => {
    const movedBy: string[] = [];
    const silent: string[] = [];
    const done = await inThiefWorlds(
      async ({ store }) =>
        (await listAlterations(store)).filter(({ table, expression }) => table !== "entry" || expression !== null),
      async (world, alteration) => {
        const { path, id } = await world.orderNew();
        const target = await world.targetOf(id);
        await alter(world.store, alteration, id, world.other.id);
        const said = await world.attempt(id);
        const found = await targetOf(world, target);
        if (found === null) {
          if (said === "said nothing") silent.push(alteration.name);
          return null;
        }
        expect(found, `${alteration.name}: ${said}`).toEqual({
          isTombstone: false,
          value: JSON.stringify({ value: path }),
          versions: 1,
        });
        movedBy.push(alteration.name);
        return target;
      },
    );
    expect(done.length).toBeGreaterThan(100);
    expect(movedBy).toEqual(expect.arrayContaining(["request.changes made up", "entry.seen_at made up"]));
    // A row that says paused, or that the move has ended, is taken at its word: nothing is picked up.
    const atItsWord = /^(control.is_paused|migration.is_held|migration.state) made up/;
    expect(silent.filter((name) => !atItsWord.test(name))).toEqual([]);
    // Where rows decide, most alterations stop the move.
    const stopped = done.filter((name) => !movedBy.includes(name));
    expect(stopped).toEqual(
      expect.arrayContaining(["statement.bytes made up", "statement.signature of another", "request.version made up"]),
    );
  });

  it("after a failure, before its retry: what was signed is moved once, or nothing is", TIMEOUT, async () => {
    const done = await inThiefWorlds(
      async ({ store }) =>
        (await listAlterations(store)).filter(
          ({ table, expression }) => !["statement", "request", "entry"].includes(table) && expression === null,
        ),
      async (world, alteration) => {
        const { path, id } = await world.orderNew();
        const target = await world.targetOf(id);
        const { requestId } = await world.rowOf(id);
        await failAfterWrite(world, id);
        const { migrationId: again } = await retryMigration(world.decide, { requestId, by: ENGINEER });
        await alter(world.store, alteration, id, world.other.id);
        const said = [await world.attempt(id), await world.attempt(again)].join(", ");
        const found = await targetOf(world, target);
        const isMoved = found?.isTombstone === false;
        expect(found, `${alteration.name}: ${said}`).toEqual({
          isTombstone: !isMoved,
          value: isMoved ? JSON.stringify({ value: path }) : null,
          versions: expect.toSatisfy((count: number) => count <= 2), // one for each attempt
        });
        return target;
      },
    );
    expect(done.length).toBeGreaterThan(25);
  });

  it(
    "of a finished move, and its rows put back as they were before: nothing is done again or taken back",
    TIMEOUT,
    async () => {
      const done = await inThiefWorlds(
        async ({ store }) =>
          (await listAlterations(store, ["migration", "finished_statement", "gate_ask", "audit_event"])).filter(
            ({ name }) => !/ as '/.test(name),
          ),
        async (world, alteration) => {
          const { path, id } = await world.orderNew();
          const target = await world.targetOf(id);
          const { statementId, requestId } = await world.rowOf(id);
          await world.migrate(id);
          await alter(world.store, alteration, id, world.other.id);
          const said = [await world.attempt(id)];
          for (const state of ["verified", "queued"] as const) {
            await world.store.updateTable("request").set({ status: "approved" }).where("id", "=", requestId).execute();
            await world.store.updateTable("migration").set({ state }).where("id", "=", id).execute();
            said.push(await world.attempt(id));
          }
          await world.store.updateTable("request").set({ status: "migrated" }).where("id", "=", requestId).execute();
          await world.store.updateTable("migration").set({ state: "failed" }).where("id", "=", id).execute();
          const found = await targetOf(world, target);
          expect(found, `${alteration.name}: ${said}`).toEqual({
            isTombstone: false,
            value: JSON.stringify({ value: path }),
            versions: 1,
          });
          if (alteration.table !== "audit_event") expect(await doneEvents(world, statementId), alteration.name).toBe(1);
          return target;
        },
      );
      expect(done.length).toBeGreaterThan(40);
    },
  );

  it("under a genuine order to undo: the state before comes back, or all stays", TIMEOUT, async () => {
    const done = await inThiefWorlds(
      async ({ store }) =>
        listAlterations(store, ["migration", "finished_statement", "statement", "request", "audit_event"]),
      async (world, alteration) => {
        const { path, id: first } = await world.orderNew();
        const target = await world.targetOf(first);
        await world.migrate(first);
        const second = await world.orderSecond(path, first);
        await world.migrate(second);
        const { requestId } = await world.rowOf(second);
        await orderUndo(world.decide, { requestId, by: APPROVER });
        await alter(world.store, alteration, second, first);
        const said = await world.attempt(second);
        const found = await targetOf(world, target);
        const allowed = [`${path} again`, path].map((value) => JSON.stringify({ value }));
        expect(allowed, `${alteration.name}: ${said}`).toContain(found?.value);
        expect(found?.versions, alteration.name).toBe(2);
        return target;
      },
    );
    expect(done.length).toBeGreaterThan(25);
  });
});

/** The writer fails to read back what it wrote, so it takes it back: the target is scheduled for deletion. */
async function failAfterWrite({ worker }: CrashWorld, id: string): Promise<void> {
  const failure = (point: string) => (point === "target.read" ? denial(point) : undefined);
  await migrateSecret(withPoints(worker.deps, { reached: () => {}, failure }), id);
}

async function doneEvents({ store }: CrashWorld, statementId: string): Promise<number> {
  const { rows } = await sql<{ count: number }>`select count(*)::int as count from audit_event
    where kind = 'migration.done' and content::jsonb ->> 'statementId' = ${statementId}`.execute(store);
  return rows[0]?.count ?? 0;
}
