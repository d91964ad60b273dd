import { describe, expect, it } from "vitest";
import { listStragglers, stragglersOf } from "../../src/migration/stragglers.ts";
import { tellStragglers } from "../../src/migration/tell-stragglers.ts";
import { ENGINEER, requestWorld } from "../approvals/request-world.ts";
import { JANE, PAYMENTS_API, record, use } from "../catalog/usage/recorded-usage.ts";

const HOUR_MS = 3_600_000;

/** One moved secret, and readers so many hours before (-) or after its move. */
async function movedWorld() {
  const world = await requestWorld();
  const requestId = await world.request();
  const { migrationId } = await world.approve(requestId);
  await world.engineLeft(migrationId, "done");
  const movedAt = world.clock.now();
  const at = (hours: number): string => new Date(movedAt.getTime() + hours * HOUR_MS).toISOString();
  const read = (hours: number, client = PAYMENTS_API) => use("team-a/stripe", at(hours), { client });
  return { ...world, requestId, migrationId, movedAt, at, read, span: [at(-24), at(24)] as const };
}

describe("the stragglers of a moved secret", () => {
  it("are those who read its path after the move, with their last time", async () => {
    const { store, entryId, requestId, movedAt, at, read, span } = await movedWorld();
    const late = { ...PAYMENTS_API, role: "payments-batch" };
    await record(store, [read(-2), read(-1, JANE), read(1, late), read(3, late), read(2, JANE)], span);
    expect(await stragglersOf(store, entryId)).toMatchObject({
      movedAt,
      requestId,
      clients: [
        { role: "payments-batch", lastAt: new Date(at(3)) },
        { displayName: "userpass-jane", lastAt: new Date(at(2)) },
      ],
    });
    expect(await listStragglers(store, { limit: 10 })).toMatchObject({
      hasMore: false,
      entries: [
        {
          entryId,
          fullPath: "secret/team-a/stripe",
          requestId,
          requester: ENGINEER,
          movedAt,
          lastReadAt: new Date(at(3)),
          clientCount: 2,
          readers: ["payments-batch", "userpass-jane"],
        },
      ],
    });
  });

  it("are none where everybody stopped at the move", async () => {
    const { store, entryId, read, span } = await movedWorld();
    await record(store, [read(-1)], span);
    expect(await stragglersOf(store, entryId)).toMatchObject({ clients: [] });
    expect((await listStragglers(store, { limit: 10 })).entries).toEqual([]);
  });

  it("are none where the move was taken back, or never came", async () => {
    const { store, entryId, migrationId, engineLeft, read, span } = await movedWorld();
    await record(store, [read(1)], span);
    await engineLeft(migrationId, "undone");
    expect(await stragglersOf(store, entryId)).toEqual({ movedAt: null, requestId: null, clients: [] });
    expect((await listStragglers(store, { limit: 10 })).entries).toEqual([]);
  });
});

describe("tellStragglers", () => {
  it("tells the requester once for each reader, and not while they change over", async () => {
    const { store, deliveries, requestId, read, span, clock } = await movedWorld();
    const late = { ...PAYMENTS_API, role: "payments-batch" };
    const told = async () =>
      (await deliveries(`request:${requestId}`)).filter(({ detail }) => detail.event === "straggled");
    await record(store, [read(23), read(30, late), read(31, { ...late, address: "10.0.0.7" })], span);
    const tell = () => tellStragglers(store, clock.now());
    expect((await Promise.all([tell(), tell()])).sort()).toEqual([0, 1]);
    expect(await told()).toMatchObject([{ kind: "notice", detail: { readers: "payments-batch" } }]);
    expect(await tell()).toBe(0);
    await record(store, [read(40, JANE), read(41, late)], span);
    expect(await tell()).toBe(1);
    expect(await told()).toMatchObject([{}, { detail: { readers: "userpass-jane" } }]);
  });
});
