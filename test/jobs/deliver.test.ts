import { sql } from "kysely";
import { describe, expect, it, vi } from "vitest";
import { deliverRow, deliverWorker, ringDelivery } from "../../jobs/deliver.ts";
import { GloveboxError } from "../../src/errors.ts";
import {
  type ClaimedDelivery,
  claimDelivery,
  listDueDeliveries,
  MAX_DELIVERY_ATTEMPTS,
} from "../../src/store/claim-delivery.ts";
import { enqueueDelivery, enqueueRedraw } from "../../src/store/outbox.ts";
import { fakeQueues } from "../fakes/queues.ts";
import { freshStore } from "../fresh-store.ts";
import { type BackendName, freshQueuePlace, openTestQueues } from "../queue/backends.ts";

class SlackBusyError extends GloveboxError {
  readonly code = "SLACK_BUSY";
  readonly userMessage = "";
  override readonly retryable = true;
}

async function outboxWorld() {
  const { store } = await freshStore();
  const queues = fakeQueues();
  const sent: string[] = [];
  const world = {
    store,
    queues,
    sent,
    /** What the next deliveries run into. */
    faults: [] as Error[],
    deliver: async ({ id, kind, subject }: ClaimedDelivery) => {
      const fault = world.faults.shift();
      if (fault) throw fault;
      sent.push(`${id} ${kind} ${subject}`);
    },
    run: (id: number) => deliverRow({ store, queues, deliver: world.deliver }, id),
    row: (id: number) => store.selectFrom("outbox").selectAll().where("id", "=", id).executeTakeFirstOrThrow(),
    makeDue: () => sql`update outbox set due_at = clock_timestamp()`.execute(store),
  };
  return world;
}

const notice = { kind: "notice", subject: "request:RQ-1" } as const;

describe("deliverRow", () => {
  it("delivers a row once, however often it is rung", async () => {
    const world = await outboxWorld();
    await enqueueDelivery(world.store, notice);
    await Promise.all([world.run(1), world.run(1), world.run(1)]);
    await world.run(1);
    expect(world.sent).toEqual(["1 notice request:RQ-1"]);
    expect(await world.row(1)).toMatchObject({ attempts: 1, deliveredAt: expect.any(Date) });
  });

  it("delivers one subject in order, while others go ahead", async () => {
    const world = await outboxWorld();
    for (const subject of ["request:RQ-1", "request:RQ-1", "request:RQ-2"]) {
      await enqueueDelivery(world.store, { kind: "notice", subject });
    }
    await world.run(2);
    await world.run(3);
    expect(world.sent).toEqual(["3 notice request:RQ-2"]);
    await world.run(1);
    expect(world.sent.slice(1)).toEqual(["1 notice request:RQ-1", "2 notice request:RQ-1"]);
  });

  it("draws several waiting redraws of a subject as one", async () => {
    const world = await outboxWorld();
    for (let count = 0; count < 3; count += 1) await enqueueRedraw(world.store, "request:RQ-1");
    for (const id of [1, 2, 3]) await world.run(id);
    expect(world.sent).toEqual(["1 redraw request:RQ-1"]);
  });

  it("does not lose a redraw that was asked for while an older one was being drawn", async () => {
    const world = await outboxWorld();
    await enqueueRedraw(world.store, "request:RQ-1");
    const change = world.store.transaction().execute(async (tx) => {
      await enqueueRedraw(tx, "request:RQ-1");
      await world.run(1); // the older one reads its state before this change commits
    });
    await change;
    await world.run(2);
    expect(world.sent).toEqual(["1 redraw request:RQ-1", "2 redraw request:RQ-1"]);
  });

  it("keeps a failure's code, not its message, and tries again later", async () => {
    const world = await outboxWorld();
    await enqueueDelivery(world.store, notice);
    world.faults = [new SlackBusyError("token xoxb-1"), new TypeError("token xoxb-2")];
    await world.run(1);
    expect(await world.row(1)).toMatchObject({ attempts: 1, lastError: "SLACK_BUSY", deliveredAt: null });
    expect(world.queues.rings).toMatchObject([{ jobId: "outbox-1-1", delaySeconds: 3 }]);
    await world.run(1); // not due yet
    expect(await world.row(1)).toMatchObject({ attempts: 1 });
    await world.makeDue();
    await world.run(1);
    expect(await world.row(1)).toMatchObject({ attempts: 2, lastError: "TypeError" });
    await world.makeDue();
    await world.run(1);
    expect(await world.row(1)).toMatchObject({ attempts: 3, lastError: null, deliveredAt: expect.any(Date) });
  });

  it("gives a row up after ten failures, keeps it visible, and goes on with the subject's next", async () => {
    const world = await outboxWorld();
    await enqueueDelivery(world.store, notice);
    await enqueueDelivery(world.store, notice);
    for (let count = 0; count < MAX_DELIVERY_ATTEMPTS; count += 1) {
      world.faults = [new SlackBusyError("down")];
      await world.makeDue();
      await world.run(1);
    }
    await world.makeDue();
    await world.run(1);
    expect(await world.row(1)).toMatchObject({ attempts: 10, lastError: "SLACK_BUSY", deliveredAt: null });
    expect(world.sent).toEqual(["2 notice request:RQ-1"]);
  });

  it("delivers again what a crashed worker had claimed, once its claim is over", async () => {
    const world = await outboxWorld();
    await enqueueDelivery(world.store, notice);
    await claimDelivery(world.store, 1, 30); // and dies
    expect(await listDueDeliveries(world.store)).toEqual([]);
    await world.run(1);
    expect(world.sent).toEqual([]);
    await world.makeDue();
    expect(await listDueDeliveries(world.store)).toEqual([1]);
    await world.run(1);
    expect(world.sent).toEqual(["1 notice request:RQ-1"]);
  });
});

describe.each<BackendName>(["redis", "postgres"])("the deliver job on %s", (backend) => {
  it("carries each subject's deliveries in order, each once, with two workers at it", async () => {
    const { store } = await freshStore();
    const place = await freshQueuePlace(backend);
    const [first, second] = [openTestQueues(place), openTestQueues(place)];
    const sent: string[] = [];
    const deliver = async ({ id, subject }: ClaimedDelivery) => {
      sent.push(`${subject} ${id}`);
    };
    for (const queues of [first, second]) deliverWorker(queues, { store, deliver });
    const expected: string[] = [];
    for (let id = 1; id <= 24; id += 1) {
      const subject = `request:RQ-${id % 3}`;
      await enqueueDelivery(store, { kind: "notice", subject });
      expected.push(`${subject} ${id}`);
      await ringDelivery(first, id);
    }
    await vi.waitFor(() => expect(sent).toHaveLength(24), { timeout: 15_000, interval: 50 });
    const bySubject = (lines: string[]) => Object.groupBy(lines, (line) => line.split(" ")[0] ?? "");
    expect(bySubject(sent)).toEqual(bySubject(expected));
  });
});
