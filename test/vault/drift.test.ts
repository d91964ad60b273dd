import { describe, expect, it, onTestFinished } from "vitest";
import { checkIdentity } from "../../src/vault/check-rights.ts";
import { approleLogin } from "../../src/vault/login/approle-login.ts";
import { applySetup } from "../../src/vault/setup/apply-setup.ts";
import { findDrift } from "../../src/vault/setup/find-drift.ts";
import { findCatalogued } from "../../src/vault/setup/list-catalogued.ts";
import { operatorWorld } from "./operator-world.ts";

async function world() {
  const base = await operatorWorld();
  const { lease, options } = base;
  const login = (name: "catalog" | "gate" | "admin") =>
    approleLogin(lease.vault, { mount: lease.names.authMount, ...lease.credentials[name] });
  const rightsOf = async (name: "catalog" | "gate" | "admin", mounts = options.mounts) =>
    (await checkIdentity({ names: lease.names, mounts }, name, login(name))).filter(({ isRight }) => !isRight);
  const drift = async (known: string[] = []) =>
    (await findDrift(lease.operator, options, known)).filter(({ ok }) => !ok).map(({ text }) => text);
  /** Alters one of our policies as a hurried operator would. */
  const alter = async (name: string, change: (path: Record<string, object>) => void) => {
    const at = `sys/policies/acl/${lease.names.policyPrefix}-${name}`;
    const { data } = (await lease.operator.read(at)) as { data: { policy: string } };
    const body = JSON.parse(data.policy) as { path: Record<string, object> };
    change(body.path);
    await lease.operator.write(at, { policy: JSON.stringify(body) });
  };
  return { ...base, rightsOf, drift, alter };
}

describe("doctor on a fresh set-up", () => {
  it.each(["catalog", "gate", "admin"] as const)(
    "finds every right of %s as it must be, and no drift",
    async (name) => {
      const { rightsOf, drift } = await world();
      expect([await rightsOf(name), await drift()]).toEqual([[], []]);
    },
  );

  it("finds the same with the gate off, and names the minting right where the two disagree", async () => {
    const { lease, options, rightsOf } = await world();
    const mounts = options.mounts.map((mount) => ({ ...mount, prefixes: [`${mount.path}/team-a/`] }));
    expect((await rightsOf("admin", mounts)).map(({ expected }) => expected)).toContainEqual(["list", "update"]);
    await applySetup(lease.operator, { ...options, mounts, gate: "off" });
    for (const name of ["catalog", "gate", "admin"] as const) expect(await rightsOf(name, mounts)).toEqual([]);
    expect((await rightsOf("admin")).map(({ actual }) => actual)).toContainEqual(["list", "update"]);
  });
});

describe("doctor names a right that was taken", () => {
  it.each([
    ["catalog", (path: string) => path.endsWith("/metadata/*")],
    ["catalog", (path: string) => path.includes("/subkeys/")],
    ["gate", (path: string) => path.endsWith("-mark")],
    ["gate", (path: string) => path.endsWith("-open")],
    ["admin", (path: string) => path.endsWith("-accessor/destroy")],
    ["admin", (path: string) => path.startsWith("identity/entity/name/")],
    ["admin", (path: string) => path.startsWith("identity/entity/id/")],
    ["admin", (path: string) => path === "auth/token/lookup-accessor"],
    ["admin", (path: string) => path === "auth/token/revoke-self"],
  ] as const)("from %s (%s)", async (name, isTaken) => {
    const { alter, rightsOf, drift, lease } = await world();
    await alter(name, (paths) => {
      for (const path of Object.keys(paths)) if (isTaken(path)) delete paths[path];
    });
    expect((await rightsOf(name)).some(({ actual }) => actual.join() === "deny")).toBe(true);
    expect(await drift()).toEqual([expect.stringContaining(`policy ${lease.names.policyPrefix}-${name} is not what`)]);
  });
});

describe("doctor where the catalogue lists roles of another engine", () => {
  async function withRoles() {
    const base = await world();
    const { lease, options } = base;
    const others = [{ path: `roles-${lease.names.policyPrefix}`, engine: "database" }];
    const [mount] = others.map(({ path }) => path);
    await lease.operator.write(`sys/mounts/${mount}`, { type: "database" });
    onTestFinished(() => lease.operator.delete(`sys/mounts/${mount}`));
    await applySetup(lease.operator, { ...options, catalogued: { mounts: others, namespaces: null } });
    const wrong = async (name: "catalog" | "gate") => {
      const login = approleLogin(lease.vault, { mount: lease.names.authMount, ...lease.credentials[name] });
      const found = await checkIdentity({ names: lease.names, mounts: options.mounts, others }, name, login);
      return found.filter(({ isRight }) => !isRight).map(({ path, actual }) => `${path} ${actual}`);
    };
    return { ...base, mount, wrong };
  }

  it("finds its rights as they must be, and takes what the policy covers for what was wanted", async () => {
    const { lease, options, mount, wrong } = await withRoles();
    expect([await wrong("catalog"), await wrong("gate")]).toEqual([[], []]);
    const catalogued = await findCatalogued(lease.operator, lease.names, "");
    expect(catalogued).toEqual({ mounts: [{ path: mount, engine: "database" }], namespaces: null });
    const drifted = (await findDrift(lease.operator, { ...options, catalogued }, [])).filter(({ ok }) => !ok);
    expect(drifted).toEqual([]);
  });

  it("names a list that was taken, and a way to a credential that was given", async () => {
    const { alter, mount, wrong } = await withRoles();
    await alter("catalog", (paths) => {
      for (const path of Object.keys(paths)) if (path.startsWith(`${mount}/roles/`)) delete paths[path];
      paths[`${mount}/creds/*`] = { capabilities: ["read"] };
    });
    expect(await wrong("catalog")).toEqual([
      `${mount}/roles/ deny`,
      `${mount}/roles/glovebox-doctor-probe deny`,
      `${mount}/creds/glovebox-doctor-probe read`,
    ]);
  });
});

describe("doctor with an operator's token", () => {
  it("sees a parameter limit that was lifted, which no right tells", async () => {
    const { alter, rightsOf, drift } = await world();
    await alter("admin", (paths) => {
      for (const [path, rule] of Object.entries(paths)) {
        if (path.startsWith("identity/entity/id/")) delete (rule as { allowed_parameters?: object }).allowed_parameters;
      }
    });
    expect(await rightsOf("admin")).toEqual([]);
    expect(await drift()).toEqual([expect.stringContaining("-admin is not what vault-setup would write")]);
  });

  it("sees a reader's role that was widened, a reader that is shut, and another role that gives our policies", async () => {
    const { lease, drift } = await world();
    const { authMount, policyPrefix } = lease.names;
    const slug = `reader-${lease.kv2.path.replaceAll("-", "_2d")}`;
    await lease.operator.write(`auth/${authMount}/role/${slug}`, { secret_id_num_uses: 0 });
    await lease.operator.write(`identity/entity/name/${authMount}-${slug}`, { disabled: true });
    await lease.operator.write(`sys/auth/${authMount}o`, { type: "approle" });
    onTestFinished(() => lease.operator.delete(`sys/auth/${authMount}o`));
    await lease.operator.write(`auth/${authMount}o/role/x`, { token_policies: [`${policyPrefix}-admin`] });
    const found = await drift();
    expect(found).toEqual([
      expect.stringContaining(`role auth/${authMount}/role/${slug} is not what`),
      expect.stringContaining("is shut"),
      expect.stringContaining(`auth/${authMount}o/role/x gives ${policyPrefix}-admin`),
    ]);
    expect(await drift([`auth/${authMount}o/role/x`])).toHaveLength(2);
  });
});
