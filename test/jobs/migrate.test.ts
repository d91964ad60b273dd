import { randomUUID } from "node:crypto";
import { describe, expect, it, vi } from "vitest";
import { migrateWorker, ringByQueue } from "../../jobs/migrate.ts";
import { GloveboxError } from "../../src/errors.ts";
import { FenceHeldError } from "../../src/migration/fence.ts";
import { type BackendName, freshQueuePlace, openTestQueues } from "../queue/backends.ts";

class TargetTakenError extends GloveboxError {
  readonly code = "TARGET_TAKEN";
  readonly userMessage = "";
}

describe.each<BackendName>(["redis", "postgres"])("the migrate job on %s", (backend) => {
  it("names one migration, and a doubled ring runs it once", async () => {
    const queues = openTestQueues(await freshQueuePlace(backend));
    const seen: string[] = [];
    const [first, last] = [randomUUID(), randomUUID()];
    await ringByQueue(queues)(first, 1);
    await ringByQueue(queues)(first, 1);
    await ringByQueue(queues)(last, 1);
    migrateWorker(queues, async (migrationId) => {
      seen.push(migrationId);
      return null;
    });
    await vi.waitFor(() => expect(seen).toContain(last), { timeout: 10_000 });
    expect(seen).toEqual([first, last]);
  });

  it("comes back for a held fence when that may be taken, as often as it takes, and is no failure", async () => {
    const queues = openTestQueues(await freshQueuePlace(backend));
    const [held, last] = [randomUUID(), randomUUID()];
    const seen: { id: string; at: number }[] = [];
    migrateWorker(queues, async (id) => {
      seen.push({ id, at: performance.now() });
      if (id === held && seen.length < 8) throw new FenceHeldError(seen.length === 1 ? 1 : 0); // a job has five attempts
      return null;
    });
    await ringByQueue(queues)(held, 1);
    await vi.waitFor(() => expect(seen).toHaveLength(1), { timeout: 10_000 });
    await ringByQueue(queues)(held, 1); // as the sweep does meanwhile
    await vi.waitFor(() => expect(seen).toHaveLength(8), { timeout: 20_000 });
    await ringByQueue(queues)(last, 1);
    await vi.waitFor(() => expect(seen.at(-1)?.id).toBe(last), { timeout: 10_000 });
    expect(seen.map(({ id }) => id)).toEqual([...Array<string>(8).fill(held), last]);
    const [first, second] = seen;
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThan(900);
    expect(queues.codes).toEqual([]);
  });

  it("does not run again what can't succeed, and refuses a job of another form", async () => {
    const queues = openTestQueues(await freshQueuePlace(backend));
    const seen: string[] = [];
    const migrationId = randomUUID();
    migrateWorker(queues, async (id) => {
      seen.push(id);
      throw new TargetTakenError("arn:aws:secretsmanager:somewhere");
    });
    await queues.add("migrate", { migrationId: "not-a-uuid" }, "odd-1");
    await ringByQueue(queues)(migrationId, 1);
    await vi.waitFor(() => expect(queues.codes).toContain("TARGET_TAKEN"), { timeout: 10_000 });
    expect(seen).toEqual([migrationId]);
    expect(queues.codes).toContain("ZodError");
  });
});
