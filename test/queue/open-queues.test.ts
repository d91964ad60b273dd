import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { GloveboxError } from "../../src/errors.ts";
import type { QueuedJob } from "../../src/queue/queued-job.ts";
import { type BackendName, freshQueuePlace, openTestQueues } from "./backends.ts";

const WORKER = fileURLToPath(new URL("worker-process.ts", import.meta.url));
const patient = { timeout: 20_000, interval: 50 };

class SealedError extends GloveboxError {
  readonly code = "SEALED";
  readonly userMessage = "";
}

describe.each<BackendName>(["redis", "postgres"])("queues on %s", (backend) => {
  it("hand a job's ids to the worker", async () => {
    const queues = openTestQueues(await freshQueuePlace(backend));
    const seen: unknown[] = [];
    queues.worker("migrate", async ({ id, data }) => {
      seen.push([id, data]);
    });
    expect(await queues.add("migrate", { migrationId: "m1" }, "m1-1")).toBe(true);
    await vi.waitFor(() => expect(seen).toEqual([["m1-1", { migrationId: "m1" }]]), patient);
  });

  it("take two rings with one id as one job, and a ring after the end as a new one", async () => {
    const queues = openTestQueues(await freshQueuePlace(backend));
    const seen: string[] = [];
    await queues.add("migrate", { migrationId: "m1" }, "m1-1");
    await queues.add("migrate", { migrationId: "m1" }, "m1-1");
    await queues.add("migrate", { migrationId: "m2" }, "m2-1");
    queues.worker("migrate", async ({ id }) => {
      seen.push(String(id));
    });
    await vi.waitFor(() => expect(seen).toContain("m2-1"), patient);
    expect(seen).toEqual(["m1-1", "m2-1"]);
    await vi.waitFor(async () => {
      await queues.add("migrate", { migrationId: "m1" }, "m1-1");
      expect(seen).toEqual(["m1-1", "m2-1", "m1-1"]);
    }, patient);
  });

  it("run one migration at a time over two workers", async () => {
    const place = await freshQueuePlace(backend);
    let [running, most, done] = [0, 0, 0];
    const first = openTestQueues(place);
    for (const queues of [first, openTestQueues(place)]) {
      queues.worker("migrate", async () => {
        running += 1;
        most = Math.max(most, running);
        await new Promise((resolve) => setTimeout(resolve, 20));
        running -= 1;
        done += 1;
      });
    }
    for (let index = 0; index < 12; index += 1) await first.add("migrate", { migrationId: `m${index}` }, `m${index}-1`);
    await vi.waitFor(() => expect(done).toBe(12), patient);
    expect(most).toBe(1);
  });

  it("run a job again whose worker was killed in the middle of it", async () => {
    const place = await freshQueuePlace(backend);
    const queues = openTestQueues(place);
    const child = spawn(process.execPath, [WORKER, JSON.stringify(place)], { stdio: ["ignore", "pipe", "inherit"] });
    onTestFinished(() => {
      child.kill("SIGKILL");
    });
    await queues.add("migrate", { migrationId: "m1" }, "m1-1");
    const [taken] = await once(child.stdout, "data");
    expect(JSON.parse(String(taken))).toEqual({ migrationId: "m1" });
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    await exited;
    const seen: unknown[] = [];
    queues.worker("migrate", async ({ data }) => {
      seen.push(data);
    });
    await vi.waitFor(() => expect(seen).toEqual([{ migrationId: "m1" }]), patient);
  });

  it("try a passing failure again, a final one not, and keep nothing of either but its code", async () => {
    const queues = openTestQueues(await freshQueuePlace(backend));
    const seen: string[] = [];
    queues.worker("migrate", async ({ id }) => {
      seen.push(String(id));
      if (id === "final-1") throw new SealedError("password is hunter2");
      if (seen.filter((one) => one === id).length === 1) throw new Error("token s.abc");
    });
    await queues.add("migrate", { migrationId: "final" }, "final-1");
    await queues.add("migrate", { migrationId: "passing" }, "passing-1");
    await vi.waitFor(() => expect(seen).toEqual(["final-1", "passing-1", "passing-1"]), patient);
    expect(queues.codes).toEqual(["SEALED", "Error"]);
  });

  it("bring a job back every so often, once for two processes", async () => {
    const place = await freshQueuePlace(backend);
    const [first, second] = [openTestQueues(place), openTestQueues(place)];
    const ids: string[] = [];
    const tick = async ({ id }: QueuedJob) => {
      ids.push(String(id));
    };
    first.worker("sweep", tick);
    second.worker("sweep", tick);
    expect(await Promise.all([first.every("sweep", 1), second.every("sweep", 1)])).toEqual([true, true]);
    await vi.waitFor(() => expect(ids.length).toBeGreaterThanOrEqual(3), patient);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("answer a ping", async () => {
    await openTestQueues(await freshQueuePlace(backend)).ping();
  });
});

describe("queues without a store", () => {
  it.each([
    ["redis", { redisUrl: "redis://127.0.0.1:1", databaseUrl: "" }],
    ["postgres", { redisUrl: null, databaseUrl: "postgresql://127.0.0.1:1/none" }],
  ])("say on %s that a ring was lost, and neither hang nor reject", async (_backend, place) => {
    const queues = openTestQueues({ ...place, ringDeadlineMs: 500 });
    expect(await queues.add("migrate", { migrationId: "m1" }, "m1-1")).toBe(false);
    await expect(queues.ping()).rejects.toThrow();
  });
});
