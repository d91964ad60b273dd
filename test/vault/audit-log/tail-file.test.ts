import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFile, copyFile, readFile, rename, rm, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { describe, expect, it, onTestFinished } from "vitest";
import { tailAuditFile } from "../../../src/vault/audit-log/tail-file.ts";
import { auditWorld } from "./audit-world.ts";

const WAIT_MS = 15_000;

/** A log that grows by real reads of a real Vault: `read` does one and hands back the lines that it made. */
async function tailWorld() {
  const world = await auditWorld();
  const { operator, kv2, folder, store } = world;
  await operator.write(`${kv2}/data/app`, { data: { password: "practice" } });
  const api = await world.login("payments-api");
  await world.catalogue({ [kv2]: ["app"] });
  const path = join(folder, "audit.log");
  let seen = (await world.auditLines()).length;
  const read = async (): Promise<string> => {
    await api.read(`${kv2}/data/app`);
    const lines = (await world.auditLines()).slice(seen);
    seen += lines.length;
    return lines.map((line) => `${line}\n`).join("");
  };
  const warnings: string[] = [];
  const follow = async () => {
    const stopper = new AbortController();
    const deps = {
      ...(await world.readerDeps()),
      warn: ({ code }: { code: string }) => void warnings.push(code),
      everyMs: 20,
    };
    const following = tailAuditFile(deps, path, stopper.signal);
    const stop = async (): Promise<void> => {
      stopper.abort();
      await following;
    };
    onTestFinished(stop);
    return stop;
  };
  const readCount = async (): Promise<number> => (await world.usage(`${kv2}/app`)).readCount;
  const counted = async (wanted: number): Promise<number> => {
    for (const deadline = Date.now() + WAIT_MS; Date.now() < deadline; await delay(20)) {
      if ((await readCount()) >= wanted) break;
    }
    await delay(100); // more than was wanted would come now
    return readCount();
  };
  return { ...world, api, path, read, follow, counted, warnings, store };
}

describe("tailAuditFile", () => {
  it("counts what comes, a line that is written in pieces too, and goes on where it stopped", async () => {
    const { path, read, follow, counted } = await tailWorld();
    await writeFile(path, await read());
    const stop = await follow();
    expect(await counted(1)).toBe(1);
    const text = await read();
    await appendFile(path, text.slice(0, -300));
    await delay(100);
    await appendFile(path, text.slice(-300));
    expect(await counted(2)).toBe(2);
    await stop();
    await appendFile(path, await read());
    await follow();
    expect(await counted(3)).toBe(3);
  });

  it("waits for a file that is not there yet, and says so once", async () => {
    const { path, read, follow, counted, warnings } = await tailWorld();
    await follow();
    await delay(200);
    expect(warnings).toEqual(["ENOENT"]);
    await writeFile(path, "");
    await delay(60);
    await writeFile(path, await read());
    expect(await counted(1)).toBe(1);
  });

  it("reads the old file to its end when it is renamed, and goes on with the new one", async () => {
    const { path, read, follow, counted } = await tailWorld();
    await writeFile(path, await read());
    await follow();
    expect(await counted(1)).toBe(1);
    await rename(path, `${path}.1`);
    await appendFile(`${path}.1`, await read()); // Vault writes to the file it has open until it hears of the rotation
    expect(await counted(2)).toBe(2);
    await appendFile(`${path}.1`, await read());
    await writeFile(path, await read());
    expect(await counted(4)).toBe(4);
    await appendFile(path, await read());
    expect(await counted(5)).toBe(5);
  });

  it("goes on where the log is copied and truncated, also when it has grown past its old size", async () => {
    const { path, read, follow, counted } = await tailWorld();
    await writeFile(path, await read());
    await follow();
    expect(await counted(1)).toBe(1);
    await appendFile(path, await read());
    await copyFile(path, `${path}.1`);
    const more = (await read()) + (await read()) + (await read());
    await truncate(path, 0);
    await appendFile(path, more);
    expect(await counted(5)).toBe(5);
  });

  it("catches up on what rotation moved away while nobody followed, compressed or not, once", async () => {
    const { path, read, follow, counted, warnings } = await tailWorld();
    await writeFile(path, await read());
    const stop = await follow();
    expect(await counted(1)).toBe(1);
    await stop();
    await appendFile(path, await read());
    await writeFile(`${path}-20261128.gz`, gzipSync(await readFile(path)));
    await writeFile(`${path}.1`, await read());
    await writeFile(`${path}.broken.gz`, gzipSync(await read()).subarray(0, -9)); // what is before the break counts
    await writeFile(`${path}.bak`, "somebody's notes\n");
    await writeFile(path, await read());
    const stopAgain = await follow();
    expect(await counted(5)).toBe(5);
    expect(warnings.sort()).toEqual(["AUDIT_FILE_BROKEN", "NOT_AUDIT_LOG"]);
    await stopAgain();
    await follow();
    expect(await counted(5)).toBe(5);
  });

  it("leaves an older past alone that nobody followed", async () => {
    const { path, read, follow, counted } = await tailWorld();
    await writeFile(`${path}.1`, await read());
    await writeFile(path, await read());
    await follow();
    expect(await counted(1)).toBe(1);
  });

  it("counts each line once where two processes follow one log", async () => {
    const { path, read, follow, counted } = await tailWorld();
    await writeFile(path, await read());
    await Promise.all([follow(), follow()]);
    for (let time = 0; time < 5; time++) await appendFile(path, await read());
    expect(await counted(6)).toBe(6);
  });

  it("follows Vault's own file as it is written", async () => {
    const { vault, readerDeps, api, kv2, usage } = await tailWorld();
    const stopper = new AbortController();
    const deps = { ...(await readerDeps()), warn: () => {}, everyMs: 50 };
    const following = tailAuditFile(deps, vault.auditLogPath, stopper.signal);
    await api.read(`${kv2}/data/app`);
    for (const deadline = Date.now() + WAIT_MS; Date.now() < deadline; await delay(50)) {
      if ((await usage(`${kv2}/app`)).readCount > 0) break;
    }
    stopper.abort();
    await following;
    expect(await usage(`${kv2}/app`)).toMatchObject({ readCount: 1, readers: ["payments-api"] });
  });

  it("neither loses nor doubles a line when it is killed again and again", { timeout: 120_000 }, async () => {
    const { path, read, counted, follow, url, store } = await tailWorld();
    const lines = (await read()).trim().split("\n");
    const response = lines.at(-1) ?? "";
    const line = (number: number): string => `${response.replace(/"id":"[^"]+"/, `"id":"${number}"`)}\n`;
    const LINES = 4_000;
    await writeFile(path, Array.from({ length: LINES }, (_, number) => line(number)).join(""));
    const program = fileURLToPath(new URL("./tail-worker.ts", import.meta.url));
    const place = async (): Promise<number> =>
      (await store.selectFrom("usageSource").select("lineCount").executeTakeFirst())?.lineCount ?? 0;
    let kills = 0;
    for (; kills < 4; kills++) {
      const before = await place();
      const child = spawn(process.execPath, [program, url, path], { stdio: "ignore" });
      const gone = once(child, "exit");
      for (const deadline = Date.now() + WAIT_MS; Date.now() < deadline && (await place()) === before; ) await delay(1);
      child.kill("SIGKILL");
      await gone;
      if ((await place()) === LINES) break;
    }
    expect(kills).toBeGreaterThan(1); // it was killed in the middle, more than once
    await follow();
    expect(await counted(LINES)).toBe(LINES);
    expect(await place()).toBe(LINES);
  });

  it("says what stands in the way and follows again when it is gone", async () => {
    const { path, read, follow, counted, warnings } = await tailWorld();
    const text = await read();
    await writeFile(path, text + (await read()));
    const stop = await follow();
    expect(await counted(2)).toBe(2);
    await stop();
    await writeFile(path, `${text}${" ".repeat(2_000)}\n${await read()}`); // the same beginning, another log
    await follow();
    for (const deadline = Date.now() + WAIT_MS; Date.now() < deadline && warnings.length === 0; ) await delay(20);
    expect(warnings).toEqual(["AUDIT_LOG_DIFFERS"]);
    expect((await stat(path)).size).toBeGreaterThan(0);
    await rm(path);
    await writeFile(path, await read());
    expect(await counted(3)).toBe(3);
  });
});
