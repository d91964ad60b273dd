import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { describe, expect, it, onTestFinished } from "vitest";
import { identityOf, isAlive } from "../../dev/processes/process-identity.ts";

/**
 * A checkout with an installer and a Vault source of its own, an empty cache, and a `go` that stands in for the real
 * one: the real build takes minutes. AWS and Redis are given, so that Python is not asked for.
 */
function newMachine({ go }: { go: string }) {
  const folder = mkdtempSync(join(tmpdir(), "glovebox-install-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const [checkout, bin, cache] = ["checkout", "bin", "cache"].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  for (const path of ["dev/install", "dev/install.mjs", "dev/vault/server", "dev/requirements.txt"]) {
    cpSync(new URL(`../../${path}`, import.meta.url).pathname, join(checkout, path), { recursive: true });
  }
  // As if npm ci had run: the installer looks at these two and at the Node that comes with them.
  mkdirSync(join(checkout, "node_modules", ".bin"), { recursive: true });
  writeFileSync(join(checkout, "package-lock.json"), '{"packages":{}}');
  writeFileSync(join(checkout, "node_modules", ".package-lock.json"), '{"packages":{}}');
  writeFileSync(join(checkout, "node_modules", ".bin", "node"), "");
  mkdirSync(bin);
  writeFileSync(join(bin, "go"), `#!/bin/sh\necho run >> "${folder}/go-runs"\n${go}\n`);
  chmodSync(join(bin, "go"), 0o755);

  const env = {
    PATH: `${bin}:/usr/bin:/bin`,
    GLOVEBOX_CACHE_DIR: cache,
    AWS_ENDPOINT_URL: "http://127.0.0.1:1",
    REDIS_URL: "redis://127.0.0.1:1",
  };
  const start = (): ChildProcess => spawn(process.execPath, [join(checkout, "dev/install.mjs")], { env });
  const built = (): string[] => (existsSync(join(cache, "vault")) ? readdirSync(join(cache, "vault")) : []);
  const goBuilds = (): number => readFileSync(join(folder, "go-runs"), "utf8").split("run").length - 1;
  return { checkout, env, start, install: () => ended(start()), built, goBuilds };
}
async function ended(child: ChildProcess): Promise<{ code: number | null; said: string }> {
  const said = Promise.all([child.stdout, child.stderr].map((stream) => (stream ? text(stream) : "")));
  const [code] = (await once(child, "exit")) as [number | null];
  return { code, said: (await said).join("") };
}

const SAYS_VERSION = '[ "$1" = version ] && { echo "go version go1.25.1 linux/amd64"; exit 0; }';
// "go build -v … -o <file> .": the file is the last argument but one.
const BUILDS = `${SAYS_VERSION}
echo "go: downloading example.com/module v1.0.0"; echo "example.com/module/package"
while [ "$1" != -o ]; do shift; done
printf '#!/bin/sh\\n' > "$2"; chmod +x "$2"`;
const HANGS = `${SAYS_VERSION}\nwhile [ "$1" != -o ]; do shift; done\necho $$ > "$2"; exec sleep 60`;

const WHOLE = [expect.stringMatching(/^vault-server-[0-9a-f]{12}$/)];

describe("npm run demo's installer", () => {
  it("builds a Vault server once, and then has nothing to say or do", async () => {
    const { install, built, goBuilds } = newMachine({ go: BUILDS });
    expect(await install()).toMatchObject({ code: 0, said: expect.stringContaining("[vault] building") });
    expect(built()).toEqual(WHOLE);
    const runs = goBuilds();
    expect(await install()).toEqual({ code: 0, said: "" });
    expect(goBuilds()).toBe(runs);
  });

  it("builds anew when the server's source has changed", async () => {
    const { checkout, install, built } = newMachine({ go: BUILDS });
    await install();
    writeFileSync(join(checkout, "dev/vault/server/main.go"), "package main // changed");
    await install();
    expect(built()).toEqual([...WHOLE, ...WHOLE]);
  });

  it("heals a build that was killed half-way, and ends the compiler that it left", async () => {
    const { start, install, built, checkout, env } = newMachine({ go: HANGS });
    const killed = start();
    const compilerPid = (): number => {
      const partial = built().find((name) => name.endsWith(".partial"));
      return partial ? Number(readFileSync(join(env.GLOVEBOX_CACHE_DIR, "vault", partial), "utf8")) : 0;
    };
    await expect.poll(compilerPid).toBeGreaterThan(0);
    const compiler = identityOf(compilerPid());
    killed.kill("SIGKILL");
    await once(killed, "exit");
    expect(isAlive(compiler)).toBe(true);
    writeFileSync(join(checkout, "..", "bin", "go"), `#!/bin/sh\n${BUILDS}\n`);
    expect(await install()).toMatchObject({ code: 0 });
    expect(built()).toEqual(WHOLE);
    expect(isAlive(compiler)).toBe(false);
  });

  it("lets one of two installs work while the other waits for it", async () => {
    const slow = BUILDS.replace("while [", "sleep 1\nwhile [");
    const { install, built } = newMachine({ go: slow });
    const both = await Promise.all([install(), install()]);
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
    expect(both.filter(({ said }) => said.includes("[vault] building"))).toHaveLength(1);
    expect(both.filter(({ said }) => said.includes("waiting for it"))).toHaveLength(1);
    expect(built()).toEqual(WHOLE);
  });

  it("says what failed, in the tool's own words, and the next step, and leaves nothing half-made", async () => {
    const { install, built } = newMachine({ go: `${SAYS_VERSION}\necho "dial tcp: no such host" >&2; exit 1` });
    const { code, said } = await install();
    expect(code).toBe(69);
    expect(said).toContain("[vault] The Vault server could not be built");
    expect(said).toContain("dial tcp: no such host");
    expect(said).toContain("Next step: check the network");
    expect(built()).toEqual([]);
  });

  it("says how to get a Python that can make environments, where the machine has none and will not give one", async () => {
    const { install, env, checkout } = newMachine({ go: BUILDS });
    const bin = join(checkout, "..", "bin");
    Object.assign(env, { AWS_ENDPOINT_URL: "", PATH: bin });
    for (const name of ["python3", "apt-get"]) {
      writeFileSync(join(bin, name), `#!/bin/sh\necho "E: no ${name} today"; exit 1\n`);
      chmodSync(join(bin, name), 0o755);
    }
    const { code, said } = await install();
    expect(code).toBe(69);
    expect(said).toContain("python3 cannot make virtual environments");
    expect(said).toContain("Next step: `sudo apt-get install -y python3 python3-venv`");
  });

  it("does nothing for a Vault that is given, or on PATH and new enough", async () => {
    const given = newMachine({ go: BUILDS });
    Object.assign(given.env, { VAULT_ADDR: "http://127.0.0.1:1" });
    expect(await given.install()).toEqual({ code: 0, said: "" });

    const installed = newMachine({ go: BUILDS });
    const vault = join(installed.checkout, "..", "bin", "vault");
    writeFileSync(vault, '#!/bin/sh\necho "Vault v1.15.2 (abc), built 2023"\n');
    chmodSync(vault, 0o755);
    expect(await installed.install()).toEqual({ code: 0, said: "" });
    writeFileSync(vault, '#!/bin/sh\necho "Vault v1.14.9 (abc), built 2023"\n');
    expect((await installed.install()).said).toContain("[vault] building");
  });
});
