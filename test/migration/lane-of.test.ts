import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canBeAskedFor, type LaneLimits, laneOf, sayLane } from "../../src/migration/lane-of.ts";
import { LANES } from "../../src/migration/lanes/lane.ts";
import { type LaneFacts, NOTHING_KNOWN } from "../../src/migration/lanes/lane-facts.ts";
import { type PathLaneRule, USUAL_LANE_RULES } from "../../src/migration/lanes/lane-rules.ts";

const root: LaneLimits = { namespace: "", prefixes: [] };
const gateOff: LaneLimits = { namespace: "", prefixes: ["secret/a/"] };
const source: LaneFacts = {
  ...{ namespace: "", mount: "secret", engine: "kv-v2", path: "a/b", keyNames: null },
  ...NOTHING_KNOWN,
};
const quiet = { readsPerDay: 3, clientCount: 1, teams: ["payments"] };

const sayVerdict = (facts: Partial<LaneFacts>, limits = root): string => {
  const { lane, reasons } = laneOf({ ...source, ...facts }, limits);
  return [lane, ...reasons.map(({ code }) => code)].join(" ");
};

describe("laneOf", () => {
  it.each<[string, Partial<LaneFacts>, LaneLimits, string]>([
    ["a plain path", {}, root, "standard"],
    ["KV v1, whose keys nobody knows", { engine: "kv-v1", keyNames: null }, root, "standard"],
    ["what is read now and then", { use: quiet }, root, "standard"],
    ["a path below a prefix of `gate: off`", {}, gateOff, "standard"],
    ["a path beside it", { path: "b/a" }, gateOff, "complex PATH_OUTSIDE_PREFIXES"],
    ["its namesake of another mount", { mount: "other" }, gateOff, "complex PATH_OUTSIDE_PREFIXES"],
    ["a wildcard", { path: "a/*" }, root, "complex PATH_NOT_GRANTABLE"],
    ["another namespace", { namespace: "bank" }, root, "complex NAMESPACE_NOT_SERVED"],
    ["the root, where a namespace is served", {}, { namespace: "bank", prefixes: [] }, "complex NAMESPACE_NOT_SERVED"],
    ["a dynamic role", { engine: "database", path: "roles/app" }, root, "complex ENGINE_NOT_KV"],
    [
      "a role that Vault rotates",
      { engine: "database", path: "static-roles/app" },
      root,
      "white-glove ENGINE_NOT_KV ROTATED_BY_VAULT",
    ],
    ["a transit key", { engine: "transit", path: "keys/card" }, root, "complex ENGINE_NOT_KV"],
    ["a key store among its keys", { keyNames: ["client.p12"] }, root, "complex KEY_FILES"],
    ["a bundle of several systems", { purpose: "mixed-bundle" }, root, "complex SEVERAL_SYSTEMS"],
    ["very many keys", { keyNames: Array.from({ length: 20 }, (_, at) => `k${at}`) }, root, "complex MANY_KEYS"],
    ["a hot path", { use: { ...quiet, readsPerDay: 1_000 } }, root, "white-glove HOT_PATH"],
    ["many clients", { use: { ...quiet, clientCount: 10 } }, root, "white-glove MANY_CLIENTS"],
    ["readers of several teams", { use: { ...quiet, teams: ["a", "b", "c"] } }, root, "white-glove SEVERAL_TEAMS"],
    ["a payment key in production", { purpose: "payment-key", environment: "prod" }, root, "white-glove DELICATE_TYPE"],
    ["a payment key of a test", { purpose: "payment-key", environment: "test" }, root, "standard"],
    ["a restricted secret", { classification: "restricted" }, root, "white-glove CARE_BY_CLASSIFICATION"],
    [
      "a hot bundle, which is both",
      { purpose: "mixed-bundle", use: { ...quiet, readsPerDay: 5_000 } },
      root,
      "white-glove HOT_PATH SEVERAL_SYSTEMS",
    ],
    [
      "a hot wildcard, whose stop comes first",
      { path: "a/*", use: { ...quiet, readsPerDay: 5_000 } },
      root,
      "white-glove PATH_NOT_GRANTABLE HOT_PATH",
    ],
  ])("sends %s where it belongs", (_what, facts, limits, expected) => {
    expect(sayVerdict(facts, limits)).toBe(expected);
  });

  it.each([
    ["keystore", true],
    ["trust-store.jks", true],
    ["wallet.zip", true],
    ["krb5.keytab", true],
    ["keystore_password", false],
    ["keystore_path", false],
    ["target_url", false],
    ["start_time", false],
    ["tls.crt", false],
  ])("takes a key called %s for a file: %s", (key, isFile) => {
    expect(sayVerdict({ keyNames: ["user", key] })).toBe(isFile ? "complex KEY_FILES" : "standard");
  });

  it("says nothing of use where no audit log was read", () => {
    expect(laneOf({ ...source, use: null }, root).lane).toBe("standard");
  });

  it("is said with its reasons and one next step, and of the standard lane nothing", () => {
    expect(sayLane(laneOf(source, root))).toBeNull();
    expect(sayLane(laneOf({ ...source, path: "a,,b" }, root))).toMatch(/^Complex lane: .*`,,`.*\. Ask support, /);
    const use = { readsPerDay: 41_230.4, clientCount: 12, teams: ["loans", "cards", "fraud", "risk", "mobile"] };
    expect(sayLane(laneOf({ ...source, use }, root))).toBe(
      "White-glove lane: it is read 41,230 times a day; several teams read it: loans, cards, fraud, risk and 1 more; 12 different clients read it. Ask support first: they plan the moment with you, and watch the readers while it moves.",
    );
  });
});

describe("a rule of glovebox.yaml over paths", () => {
  const withRules = (...paths: PathLaneRule[]): LaneLimits => ({ ...root, rules: { ...USUAL_LANE_RULES, paths } });
  const bundle = { purpose: "mixed-bundle" };
  const sandbox: PathLaneRule = { paths: ["secret/a/**"], lane: "standard", reason: "nobody misses it" };
  const shared: PathLaneRule = { paths: ["secret/**"], lane: "white-glove", reason: "all teams share it" };

  it("sends a path to its lane, with its own words", () => {
    const { lane, reasons } = laneOf(source, withRules({ ...shared, nextStep: "Ask #platform." }));
    expect([lane, ...reasons.map(({ code, text, nextStep }) => `${code}: ${text}. ${nextStep}`)]).toEqual([
      "white-glove",
      "LANE_BY_RULE: all teams share it. Ask #platform.",
    ]);
  });

  it("decides over what names and use say: the first that fits", () => {
    expect(sayVerdict(bundle, withRules(sandbox, shared))).toBe("standard");
    expect(sayVerdict(bundle, withRules(shared, sandbox))).toBe("white-glove LANE_BY_RULE");
    expect(sayVerdict({ ...bundle, mount: "other" }, withRules(shared, sandbox))).toBe("complex SEVERAL_SYSTEMS");
  });

  it("can't make movable what can't be lent", () => {
    const star = { ...source, path: "a/*" };
    expect(sayVerdict(star, withRules(sandbox))).toBe("complex PATH_NOT_GRANTABLE");
    expect(canBeAskedFor(laneOf(star, withRules(sandbox)))).toBe(false);
    expect(canBeAskedFor(laneOf(source, withRules(shared)))).toBe(true);
  });
});

describe("every verdict", () => {
  const anyFacts = fc.record({
    namespace: fc.constantFrom("", "bank"),
    mount: fc.constantFrom("secret", "db"),
    engine: fc.constantFrom("kv-v1", "kv-v2", "database", "transit", "cubbyhole"),
    path: fc.constantFrom("a/b", "a/*", "static-roles/x", "roles/x"),
    keyNames: fc.constantFrom(null, [], ["a.jks"], ["password"]),
    purpose: fc.constantFrom(null, "mixed-bundle", "payment-key"),
    environment: fc.constantFrom(null, "prod"),
    classification: fc.constantFrom(null, "restricted", "internal"),
    use: fc.option(
      fc.record({
        readsPerDay: fc.double({ min: 0, max: 1e9, noNaN: true }),
        clientCount: fc.nat(100),
        teams: fc.uniqueArray(fc.constantFrom("a", "b", "c", "d")),
      }),
    ),
  });

  it("has a lane, reasons that lead there, and one next step unless it is standard", () => {
    fc.assert(
      fc.property(anyFacts, (facts) => {
        const verdict = laneOf(facts, root);
        expect(LANES).toContain(verdict.lane);
        expect(verdict.reasons.length === 0).toBe(verdict.lane === "standard");
        if (verdict.lane === "standard") return;
        expect(verdict.reasons.some(({ lane }) => lane === verdict.lane)).toBe(true);
        expect(verdict.nextStep).toBe(verdict.reasons[0]?.nextStep);
        expect(verdict.nextStep).toMatch(/\.$/);
        for (const { code, text } of verdict.reasons) {
          expect(code).toMatch(/^[A-Z_]+$/);
          expect(text).not.toMatch(/\.$|undefined|null|NaN/);
        }
      }),
    );
  });
});
