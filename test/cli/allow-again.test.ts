import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { orderUndo } from "../../src/approvals/order-undo.ts";
import { APPROVER, engineWorld, pemPair } from "../migration/engine-world.ts";
import { PLAN_INPUT, planAll, sayVerdict } from "../migration/plan-world.ts";
import { runCli } from "../world/run-cli.ts";

const REASON = ["--reason", "INC-1: the target was deleted by hand"];

/** A database with one moved secret and one request that still waits, an operator's key, and the command as he types it. */
async function operatorsDesk() {
  const { privatePem, publicPem } = pemPair();
  const world = await engineWorld({ operatorPair: { privatePem, publicPem } });
  const folder = await mkdtemp(join(tmpdir(), "again-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const OPERATOR_KEY_FILE = join(folder, "operator.key");
  await writeFile(OPERATOR_KEY_FILE, privatePem, { mode: 0o600 });
  const source = await world.lease.put("app", { a: "1" });
  const first = await world.order(source);
  await world.migrate(first);
  const { requestId } = await world.rowOf(first);
  const waiting = await world.request(await world.lease.put("other", { a: "1" }));
  const { allowedTargets } = world.settings;
  const input = { ...PLAN_INPUT, allowedTargets, rule: allowedTargets[0] ?? PLAN_INPUT.rule };
  const environment = { DATABASE_URL: world.settings.databaseUrl, OPERATOR_KEY_FILE };
  return {
    ...world,
    source,
    requestId,
    waiting,
    privatePem,
    environment,
    allow: (args: readonly string[], env: NodeJS.ProcessEnv = environment) => runCli(["allow-again", ...args], env),
    words: () => world.store.selectFrom("moveAgain").select("statementId").execute(),
    plan: async () => sayVerdict((await planAll(world.store, input)).at(`${source.mount}/app`)),
  };
}

describe("glovebox allow-again", () => {
  it("lets what a request moved be asked for and moved once more, and no further", async () => {
    const { allow, requestId, plan, words, order, source, migrate, rowOf, request, privatePem, decide } =
      await operatorsDesk();
    expect(await plan()).toMatch(/^skip: ALREADY_MIGRATED/);
    const { code, stdout, stderr, all } = await allow([requestId.toLowerCase(), ...REASON]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toContain("version 1 of that secret may be moved once more");
    expect(all).not.toContain(privatePem.split("\n")[1]);
    expect(await words()).toHaveLength(1);
    expect(await plan()).toMatch(/^ready: .*\(MOVE_ALLOWED_AGAIN\)/);

    const second = await order(source);
    await migrate(second);
    expect(await rowOf(second)).toMatchObject({ state: "done" });
    expect(await plan()).toMatch(/^skip: ALREADY_MIGRATED/);
    await expect(request(source)).rejects.toMatchObject({ code: "ALREADY_MIGRATED" });
    const again = await allow([requestId, ...REASON]);
    expect([again.code, again.all]).toEqual([1, expect.stringContaining("NOTHING_TO_ALLOW")]);

    await orderUndo(decide, { requestId: (await rowOf(second)).requestId, by: APPROVER });
    await migrate(second);
    expect(await plan()).toMatch(/^decide: MIGRATION_UNDONE/);
  }, 60_000);

  it("allows nothing for bad input, and says what is wrong", async () => {
    const { allow, requestId, waiting, words, environment, plan } = await operatorsDesk();
    const { OPERATOR_KEY_FILE: _, ...withoutKey } = environment;
    const noSuchFile = { ...environment, OPERATOR_KEY_FILE: `${environment.OPERATOR_KEY_FILE}.absent` };
    const cases: [readonly string[], NodeJS.ProcessEnv, number, string][] = [
      [["RQ-999999", ...REASON], environment, 1, "REQUEST_NOT_FOUND"],
      [["secret/app", ...REASON], environment, 1, "REQUEST_NOT_FOUND"],
      [[waiting, ...REASON], environment, 1, "NOTHING_TO_ALLOW"],
      [REASON, environment, 1, "missing required argument 'request'"],
      [[requestId], environment, 1, "--reason"],
      [[requestId, "--reason", "  "], environment, 78, "--reason takes 1 to 500 characters"],
      [[requestId, "--reason", "x".repeat(501)], environment, 78, "--reason takes 1 to 500 characters"],
      [[requestId, ...REASON], withoutKey, 78, "OPERATOR_KEY_FILE is not set"],
      [[requestId, ...REASON], noSuchFile, 78, "OPERATOR_KEY_FILE"],
    ];
    for (const [args, env, code, words] of cases) {
      const ran = await allow(args, env);
      expect([args, ran.code, ran.stdout, ran.stderr]).toEqual([args, code, "", expect.stringContaining(words)]);
    }
    expect(await words()).toEqual([]);
    expect(await plan()).toMatch(/^skip: ALREADY_MIGRATED/);
  }, 60_000);
});
