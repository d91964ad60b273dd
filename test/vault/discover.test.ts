import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, inject, it, onTestFinished } from "vitest";
import { FaultList } from "../../dev/faults/fault-list.ts";
import { startHttpFront } from "../../dev/faults/http-front.ts";
import { PRACTICE_ENGINES } from "../../dev/seed/practice-engines.ts";
import { discoverWorld } from "./discover-world.ts";

interface NamedCall {
  readonly method: string;
  readonly path: string;
}

/** The real Vault, a little slower, with a list of what it was asked. */
async function slowVault(delayMs: number) {
  const front = await startHttpFront<NamedCall>({
    target: inject("stack").vault.address,
    faults: new FaultList<NamedCall>(),
    nameCall: ({ method, path }) => ({ method, path: decodeURIComponent(path.split("?")[0] ?? "") }),
    rule: async () => {
      await delay(delayMs);
      return undefined;
    },
  });
  onTestFinished(() => front.stop());
  const asked = (pattern: RegExp): string[] =>
    front.calls().flatMap(({ path }) => {
      const found = pattern.exec(path)?.[1];
      return found === undefined ? [] : [found];
    });
  return { front, asked };
}

describe("glovebox discover on a real Vault", { timeout: 120_000 }, () => {
  it("finds secrets, versions, key names and roles, and reads no value, by Vault's own audit log", async () => {
    const { put, putV1, discover, store, audited, kv2, kv1, mounts, id } = await discoverWorld();
    for (const path of ["pay/db", "pay/db/replica", "loans/key"]) await put(path);
    await putV1("old/app");
    const { code, stdout, all } = await discover(["--full"]);
    expect([code, all]).toEqual([0, expect.stringContaining("No value was read.")]);
    expect(all).not.toContain("value of");
    expect(stdout).toMatch(/\d+ new, 0 changed, 0 gone/);
    const rows = await store.selectFrom("entry").select(["mount", "engine", "path", "keyNames"]).execute();
    const own = rows.filter(({ mount }) => mounts.some(({ path }) => path === mount));
    const found = own.map(({ mount, path }) => `${mount}/${path}`);
    const roles = PRACTICE_ENGINES.flatMap(({ mount, roles }) => roles.map((role) => `disc-${id}-${mount}/${role}`));
    expect(found).toEqual(
      expect.arrayContaining([
        `${kv2}/pay/db`,
        `${kv2}/pay/db/replica`,
        `${kv2}/loans/key`,
        `${kv1}/old/app`,
        ...roles,
      ]),
    );
    expect(found.filter((name) => name.includes("/issuers/"))).toHaveLength(1);
    expect(own.find(({ path }) => path === "pay/db")?.keyNames).toEqual(["password"]);

    const calls = await audited();
    expect(calls).toContain(`read ${kv2}/subkeys/pay/db`);
    const allowed = new RegExp(
      `^(list .+|read sys/mounts|read auth/token/lookup-self|update sys/capabilities-self|read ${kv2}/(metadata|subkeys)/.+)$`,
    );
    expect(calls.filter((call) => !allowed.test(call))).toEqual([]);
    expect(calls.length).toBeGreaterThan(20);
  });

  it("names the right that is missing on a mount that somebody has added since, and says so in --unreadable", async () => {
    const { root, discover, id } = await discoverWorld();
    const added = `disc-${id}-added`;
    await root.write(`sys/mounts/${added}`, { type: "kv", options: { version: "2" } });
    onTestFinished(() => root.delete(`sys/mounts/${added}`));
    const { code, stdout } = await discover();
    const line = `  ${added}  The catalog identity lacks \`list\` on \`${added}/metadata/\`.`;
    expect([code, stdout]).toEqual([0, expect.stringContaining(line)]);
    expect((await discover(["--unreadable"])).stdout).toContain(line);
  });

  it("finds everything under Vault's own rate limit, and meets fewer refusals than it would without giving way", async () => {
    const { root, put, discover, store, kv2, id } = await discoverWorld();
    const paths = Array.from({ length: 40 }, (_, n) => `f${n % 10}/s${n}`);
    for (const path of paths) await put(path);
    await root.write(`sys/quotas/rate-limit/disc-${id}`, { path: `${kv2}/`, rate: 20, interval: "1s" });
    onTestFinished(() => root.delete(`sys/quotas/rate-limit/disc-${id}`));
    const { front, asked } = await slowVault(0);
    const { code } = await discover(["--calls-at-once", "16"], front.url);
    expect(code).toBe(0);
    const rows = await store.selectFrom("entry").select(["path", "keyNames"]).where("mount", "=", kv2).execute();
    expect(rows.map(({ path }) => path).sort()).toEqual(paths.sort());
    expect(rows.filter(({ keyNames }) => keyNames === null)).toEqual([]);
    const made = asked(new RegExp(`^/v1/${kv2}/(.*)$`)).length;
    expect(made).toBeGreaterThan(91); // 11 folders and 80 answers: some calls were refused and made again
    expect(made).toBeLessThan(91 * 2);
  });

  it.each([
    ["killed", "SIGKILL", null],
    ["stopped by Ctrl-C", "SIGINT", 130],
  ] as const)(
    "goes on where it was %s, and lists no folder again whose names were written",
    async (_how, signal, code) => {
      const { put, discover, discoverUntil, store, kv2 } = await discoverWorld();
      const paths = Array.from({ length: 120 }, (_, n) => `f${n}/s`);
      for (const path of paths) await put(path);
      const { front, asked } = await slowVault(40);
      const listed = new RegExp(`^/v1/${kv2}/metadata/(f\\d+)/$`);
      const namesWritten = async (): Promise<string[]> => {
        const rows = await store.selectFrom("entry").select("path").where("mount", "=", kv2).execute();
        return rows.map(({ path }) => path.split("/")[0] ?? "");
      };
      const isHalfWay = async (): Promise<boolean> => (await namesWritten()).length >= 30;
      expect(await discoverUntil(signal, isHalfWay, front.url)).toBe(code);
      const written = await namesWritten();
      const before = asked(listed).length;
      expect(written.length).toBeLessThan(120);
      const { stdout } = await discover([], front.url);
      const again = asked(listed).slice(before);
      expect(again.filter((folder) => written.includes(folder))).toEqual([]);
      expect(new Set([...written, ...again]).size).toBe(120);
      expect(stdout).toContain("gone on with after a break");
      expect(stdout).toMatch(new RegExp(`\\b${await countEntries()} new, 0 changed, 0 gone`));

      async function countEntries(): Promise<number> {
        return (await store.selectFrom("entry").select("id").execute()).length;
      }
    },
  );

  it("asks for no metadata again that was written when it was killed", async () => {
    const { put, discover, discoverUntil, store, kv2 } = await discoverWorld();
    const paths = Array.from({ length: 120 }, (_, n) => `s${n}`);
    for (const path of paths) await put(path);
    const { front, asked } = await slowVault(60);
    const described = new RegExp(`^/v1/${kv2}/metadata/(s\\d+)$`);
    const writtenPaths = async (): Promise<string[]> => {
      const rows = await store
        .selectFrom("entry")
        .select("path")
        .where("mount", "=", kv2)
        .where("currentVersion", "is not", null)
        .execute();
      return rows.map(({ path }) => path);
    };
    await discoverUntil("SIGKILL", async () => (await writtenPaths()).length >= 20, front.url);
    const written = await writtenPaths();
    const before = asked(described).length;
    expect(written.length).toBeLessThan(120);
    await discover([], front.url);
    const again = asked(described).slice(before);
    expect(again.filter((path) => written.includes(path))).toEqual([]);
    expect((await writtenPaths()).length).toBe(120);
  });

  it("asks only for metadata the second time, and for the key names of what has a new version", async () => {
    const { put, discover, audited, kv2 } = await discoverWorld();
    for (const path of ["a", "b", "c"]) await put(path);
    await discover();
    const first = (await audited()).length;
    await put("b");
    const { stdout } = await discover();
    expect(stdout).toContain("0 new, 1 changed, 0 gone");
    const second = (await audited()).slice(first).filter((call) => call.includes(`${kv2}/`));
    expect(second.toSorted()).toEqual([
      `list ${kv2}/metadata/`,
      ...["a", "b", "c"].map((path) => `read ${kv2}/metadata/${path}`),
      `read ${kv2}/subkeys/b`,
    ]);
  });
});
