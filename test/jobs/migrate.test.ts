import { randomUUID } from "node:crypto";
import { describe, expect, it, vi } from "vitest";
import { migrateWorker, ringByQueue } from "../../jobs/migrate.ts";
import { GloveboxError } from "../../src/errors.ts";
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
