import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { type CreateWaveOptions, createWaveForTerminal } from "../../src/cli/create-wave.ts";
import { watchWave } from "../../src/cli/watch-wave.ts";
import { waveLines } from "../../src/cli/wave-lines.ts";
import { loadWaveState } from "../../src/migration/waves/load-wave-state.ts";
import { estimateEnd, measurePace } from "../../src/migration/waves/pace.ts";
import { parseRules } from "../../src/rules.ts";
import { freshStore } from "../fresh-store.ts";
import { addSecrets, planMount } from "../migration/plan-world.ts";
import { confirmAll, waveWorld } from "../migration/waves/wave-world.ts";
import { runCli } from "../world/run-cli.ts";

const RULES = `
approvals: { channel: C1, approvers: { users: [U1] } }
support: { channel: C2, staff: { users: [U1] } }
operators: { users: [U1] }
metadata:
  purpose: { label: Purpose, tag: purpose }
  ownerTeam: { label: Owner team, tag: owner-team }
  environment: { label: Environment, tag: environment, options: [prod, dev] }
  classification: { label: Class, tag: class }
  rotation: { label: Rotation, tag: rotation, required: false }
targets:
  - { accountId: "123456789012", region: eu-central-1, namePrefix: vault/, label: Payments }
  - { accountId: "210987654321", region: eu-west-1, namePrefix: other/, label: Cards }
`;

const GOOD: CreateWaveOptions = { requester: "U0ENGINEER", reason: "The move of payments", filter: "mount=secret" };

/** A store with three ready secrets and one untold, a folder, and the command as an operator types it. */
async function waveDesk() {
  const { store, url } = await freshStore();
  const folder = await mkdtemp(join(tmpdir(), "wave-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  await addSecrets(store, planMount("secret"), { a: {}, b: {}, c: {}, "x/untold": {} });
  await confirmAll(store, ["x/untold"]);
  const path = (name: string) => join(folder, name);
  await writeFile(path("glovebox.yaml"), RULES);
  const rules = parseRules(RULES, "glovebox.yaml");
  const command = { store, rules, now: () => new Date(), newId: randomUUID, by: "operator:ops", report: () => {} };
  const create = (options: Partial<CreateWaveOptions> = {}, name = "w1", newId: () => string = randomUUID) =>
    createWaveForTerminal({ ...command, newId }, name, { ...GOOD, ...options });
  const waves = async () => (await store.selectFrom("wave").selectAll().execute()).length;
  const cli = (...args: string[]) =>
    runCli(["wave", ...args], { DATABASE_URL: url, GLOVEBOX_RULES: path("glovebox.yaml") });
  return { store, folder, path, create, waves, cli };
}

describe("glovebox wave create", () => {
  it("says what it made, what is not part of it, and what comes next", async () => {
    const { create, path, store } = await waveDesk();
    const { ok, lines } = await create({ pilot: "2", exceptions: path("out.csv"), target: "Cards", versions: "2" });
    const text = lines.join("\n");
    expect(ok).toBe(true);
    expect(text).toContain("3 secrets in batches of 2 (the pilot), then 1");
    expect(text).toContain("U0ENGINEER gets it as a direct message");
    expect(text).toContain("METADATA_MISSING  1");
    const csv = await readFile(path("out.csv"), "utf8");
    expect(csv.split("\r\n")[0]).toBe("\uFEFFplace,name,code,reason,next_step");
    expect(csv).toContain("secret/x/untold,METADATA_MISSING");
    const item = await store.selectFrom("waveItem").select("content").orderBy("position").executeTakeFirstOrThrow();
    expect(JSON.parse(item.content)).toMatchObject({
      target: { accountId: "210987654321", name: "other/secret/a" },
      olderVersions: 2,
    });
  });

  it.each([
    ["a name with capitals", {}, "Wave-1", "small letters"],
    ["a requester that is a name", { requester: "erin" }, "w1", "Slack user id"],
    ["an empty reason", { reason: "  " }, "w1", "--reason"],
    ["a reason that is too long", { reason: "x".repeat(501) }, "w1", "1 to 500"],
    ["a pilot of none", { pilot: "0" }, "w1", "--pilot takes a whole number from 1 to 500"],
    ["a batch that is too large", { batch: "501" }, "w1", "--batch takes"],
    ["a number that is a word", { versions: "two" }, "w1", "--versions takes a whole number from 0 to 17"],
    ["no failure allowed", { stopAfter: "0" }, "w1", "--stop-after takes"],
    ["a target that nobody has", { target: "Moon" }, "w1", '"Payments", "Cards"'],
    ["a filter and a file", { file: "x.txt" }, "w1", "either by --filter or by --file"],
    ["a filter of unknown words", { filter: "colour=red" }, "w1", "--filter"],
  ] as const)("makes nothing of %s, and says why", async (_what, options, name, expected) => {
    const { create, waves } = await waveDesk();
    const { ok, lines } = await create(options as Partial<CreateWaveOptions>, name);
    expect(ok).toBe(false);
    expect(lines.join("\n")).toContain(expected);
    expect(await waves()).toBe(0);
  });

  it("names every fault at once", async () => {
    const { create } = await waveDesk();
    const { lines } = await create({ requester: "erin", pilot: "x", target: "Moon" });
    expect(lines).toHaveLength(4);
  });

  it.each([
    ["is not there", "missing.txt", null, "can't be read (ENOENT)"],
    ["is empty", "list.txt", "\n# nothing\n", "names no secret"],
    ["is no text", "list.txt", "secret/a\u0000", "no text file"],
    ["is another CSV", "list.csv", "entry_id,colour\r\n1,red\r\n", "columns"],
    ["is a broken CSV", "list.csv", 'entry_id,namespace,mount,path\r\n1,"secret', "quotation mark"],
  ])("makes nothing of a file that %s", async (_what, name, text, expected) => {
    const { create, waves, path } = await waveDesk();
    if (text !== null) await writeFile(path(name), text);
    const { filter: _, ...others } = GOOD;
    const { ok, lines } = await create({ ...others, filter: undefined as never, file: path(name) });
    expect([ok, await waves()]).toEqual([false, 0]);
    expect(lines.join("\n")).toContain(expected);
  });

  it("makes nothing when the exceptions can't be written, and leaves no file when there is no wave", async () => {
    const { create, waves, path, folder } = await waveDesk();
    expect(await create({ exceptions: path("missing/out.csv") })).toMatchObject({ ok: false });
    expect(await waves()).toBe(0);
    await expect(create({ filter: "path=nobody", exceptions: path("out.csv") })).rejects.toThrow("no secret");
    expect(await readdir(folder)).toEqual(["glovebox.yaml"]);
  });

  it.runIf(existsSync("/dev/full"))("makes nothing when the disk is full before the file is whole", async () => {
    const { create, waves, path, folder } = await waveDesk();
    await symlink("/dev/full", path(`out.csv.${process.pid}.part`)); // takes the place of the unfinished file
    const { ok, lines } = await create({ exceptions: path("out.csv") });
    expect([ok, lines[0], lines[1]]).toEqual([false, "No wave was made.", expect.stringContaining("ENOSPC")]);
    expect(await waves()).toBe(0);
    expect(await readdir(folder)).toEqual(["glovebox.yaml"]);
    expect(await create({ exceptions: path("out.csv") })).toMatchObject({ ok: true });
  });

  it("says that the draft stands when its file could not get its name any more, and where the exceptions are", async () => {
    const { create, waves, path, folder, cli } = await waveDesk();
    // Ids are made after the file was opened and written, so something else takes its name in between.
    const newId = () => {
      mkdirSync(path("out.csv"), { recursive: true });
      return randomUUID();
    };
    const { ok, lines } = await create({ exceptions: path("out.csv") }, "w1", newId);
    const text = lines.join("\n");
    expect([ok, await waves()]).toEqual([false, 1]);
    expect(text).not.toContain("No wave was made");
    expect(text).not.toContain("are in ");
    expect(text).toContain("The draft of w1 is made: 3 secrets");
    expect(text).toMatch(/but not its file of exceptions: .*out\.csv can't be written \(E/);
    expect(text).toContain("glovebox wave status w1 --json");
    expect(JSON.parse((await cli("status", "w1", "--json")).stdout).exceptions).toHaveLength(1);
    expect((await readdir(folder)).toSorted()).toEqual(["glovebox.yaml", "out.csv"]);
  }, 30_000);
});

describe("the wave commands of the program", () => {
  it("make, show, refuse, and list, with exit codes", async () => {
    const { cli, path } = await waveDesk();
    expect((await cli("status")).stdout).toContain("There is no wave");
    const made = await cli("create", "w1", "--requester", "U0ENGINEER", "--reason", "why", "--filter", "mount=secret");
    expect([made.code, made.stderr]).toEqual([0, ""]);
    const again = await cli("create", "w1", "--requester", "U0ENGINEER", "--reason", "why", "--filter", "mount=secret");
    expect([again.code, again.stderr]).toEqual([1, expect.stringContaining("WAVE_NAME_TAKEN")]);
    const status = await cli("status", "w1");
    expect(status.stdout).toMatch(/^w1 {2}draft\n/);
    expect(status.stdout).toContain("progress   0 of 3 moved (0 %)");
    expect(status.stdout).toContain("sends it for approval, or drops it");
    const json = JSON.parse((await cli("status", "w1", "--json")).stdout);
    expect(json).toMatchObject({ v: 1, name: "w1", state: "draft", counts: { planned: 3 }, secondsEach: null });
    expect(json.exceptions).toHaveLength(1);
    expect((await cli("status")).stdout).toMatch(/^w1 +draft +0 of 3 moved, 0 failed\n$/);
    expect(await readdir(path("."))).toEqual(["glovebox.yaml"]);
  }, 60_000);

  it.each([
    [["start", "w1"], "WAVE_NOT_POSSIBLE"],
    [["pause", "w1", "--reason", "x"], "WAVE_NOT_POSSIBLE"],
    [["start", "nobody"], "WAVE_UNKNOWN"],
    [["status", "nobody"], "WAVE_UNKNOWN"],
    [["pause", "w1"], "--reason"],
    [["start", "w1", "--stop-after", "many"], "--stop-after takes"],
    [["status", "w1", "--watch", "--json"], "Choose one"],
  ])("refuse %j with the reason and exit code 1", async (args, expected) => {
    const { cli, create } = await waveDesk();
    await create();
    const { code, all } = await cli(...args);
    expect(all).toContain(expected);
    expect(code).toBe(1);
  });
});

describe("watching a wave", () => {
  it("prints a plain line whenever something changed, and ends with the wave", async () => {
    const { started, settle, work, store } = await waveWorld(["a", "b"]);
    await started();
    const printed: string[] = [];
    let looks = 0;
    const load = async () => {
      looks += 1;
      if (looks === 3) {
        await work();
        await settle();
      }
      const state = await loadWaveState(store, "w1", { at: new Date(), maxPerHour: 600 });
      if (!state) throw new Error("gone");
      return state;
    };
    const print = (line: string) => void printed.push(line);
    await watchWave({ load, isTerminal: false, print, everyMs: 1, signal: new AbortController().signal });
    expect(printed).toHaveLength(2);
    expect(printed[0]).toContain("0 of 2 moved (0 %)");
    expect(printed[1]).toContain("2 of 2 moved (100 %)");
  });

  it("shows failures with cause and next step, and what waits for whom", async () => {
    const { started, settle, work, store } = await waveWorld();
    await started();
    await work(() => true);
    await settle();
    const state = await loadWaveState(store, "w1", { at: new Date(), maxPerHour: 600 });
    const text = state ? waveLines(state).join("\n") : "";
    expect(text).toMatch(/failed {5}RQ-\d+ {2}secret\/a {2}VAULT_UNAVAILABLE/);
    expect(text).toContain("Next: Put right what it says");
    expect(text).toContain("glovebox wave start w1 --next");
  });
});

describe("pace and estimate", () => {
  const at = new Date("2026-11-24T10:00:00Z");
  const ago = (...seconds: number[]) => seconds.map((one) => new Date(at.getTime() - one * 1_000));

  it("is the middle of the newest gaps: a pause in between does not count", () => {
    expect(measurePace([])).toBeNull();
    expect(measurePace(ago(0))).toBeNull();
    expect(measurePace(ago(0, 6, 12, 18, 3_600, 3_606))).toBe(6);
    expect(measurePace(ago(0, 2, 6))).toBe(3);
  });

  it("follows the measured pace, and never goes below what the gate allows", () => {
    const until = (facts: object) =>
      estimateEnd({ at, remaining: 100, secondsEach: 2, opened: 0, maxPerHour: 600, ...facts })?.toISOString();
    expect(until({})).toBe("2026-11-24T10:03:20.000Z");
    expect(until({ remaining: 1_200 })).toBe("2026-11-24T11:00:00.000Z");
    expect(until({ opened: 600 })).toBe("2026-11-24T10:10:00.000Z");
    expect(until({ secondsEach: null })).toBeUndefined();
    expect(until({ remaining: 0 })).toBeUndefined();
  });
});
