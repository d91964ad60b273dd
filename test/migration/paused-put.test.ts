import { PutSecretValueCommand } from "@aws-sdk/client-secrets-manager";
import { describe, expect, it } from "vitest";
import { migrateSecret } from "../../src/migration/migrate-secret.ts";
import type { SecretTarget } from "../../src/migration/secret-target.ts";
import { NOTHING_LEFT } from "./engine-world.ts";
import { valuesWorld } from "./values-world.ts";

describe("a worker that is paused between its last fence check and the put", () => {
  it("displaces nothing that somebody wrote meanwhile, and takes its own label off again", async () => {
    const world = await valuesWorld();
    const first = await world.order(await world.lease.put("app", { v: "1" }));
    await world.migrate(first);
    const [name, { path }] = [await world.targetOf(first), (await world.statementOf(first)).source];
    await world.lease.put(path, { v: "2" });
    await world.nowAt(path, 2);
    const second = await world.orderAgain(first);
    // The engine's fence stands before this port: what happens here comes after the check and before AWS's answer.
    const target: SecretTarget = {
      ...world.worker.deps.target,
      async put(...args) {
        await world.aws.send(new PutSecretValueCommand({ SecretId: name, SecretString: '{"v":"newer"}' }));
        await world.worker.deps.target.put(...args);
      },
    };
    await migrateSecret({ ...world.worker.deps, target }, second);
    const row = await world.rowOf(second);
    expect(row).toMatchObject({ state: "failed", causeCode: "TARGET_MOVED_ON" });
    expect(row.causeText).toContain("Somebody wrote a newer version");
    expect(await world.valueAt(name)).toBe('{"v":"newer"}');
    expect(Object.keys(await world.labelsOf(name))).not.toContain("glovebox-pending");
    expect(await world.leftovers()).toEqual(NOTHING_LEFT);
  });
});
