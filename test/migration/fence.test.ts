import { expect, it } from "vitest";
import { releaseFence, takeFence } from "../../src/migration/fence.ts";
import { takeOrder } from "../../src/migration/load-order.ts";
import { engineWorld } from "./engine-world.ts";

it("a held fence tells, by the database's clock, when it may be taken", async () => {
  const world = await engineWorld();
  const { number } = await takeFence(world.store, "dead", 60);
  const held = { code: "FENCE_HELD", freeInSeconds: expect.toSatisfy((left: number) => left > 0 && left <= 60) };
  await expect(takeFence(world.store, "next", 60)).rejects.toMatchObject(held);
  const id = await world.order(await world.lease.put("app", { a: 1 }));
  await expect(takeOrder(world.store, id, { holder: "next", fenceSeconds: 60 })).rejects.toMatchObject(held);
  await releaseFence(world.store, number);
  expect(await takeOrder(world.store, id, { holder: "next", fenceSeconds: 60 })).toMatchObject({ number: number + 1 });
});
