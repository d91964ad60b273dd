import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { parseRules, type Rules } from "../src/rules.ts";

const EXAMPLE = readFileSync(new URL("../glovebox.example.yaml", import.meta.url), "utf8");
const MINIMAL = `
approvals: { channel: C1, approvers: { users: [U1] } }
support: { channel: C2, staff: { users: [U2] } }
operators: { users: [U3] }
targets: [{ accountId: "111122223333", region: eu-central-1, namePrefix: "" }]
`;

const TARGET = { accountId: "111122223333", region: "eu-central-1", namePrefix: "" };

/** The example with every line that stands commented out as "# key: …" put in force. */
function withDefaultsSpelt(text: string): string {
  return text.replace(
    /^( *)# (?=(?:metadata:|customMetadata:| {2}(?:tags|prefix): |name: |replicaRegions: |separation:|mode:|prefixes:|expireAfterHours:|validHours:|versionRule:| {2}\w+: \{))/gm,
    "$1",
  );
}

function faultsOf(text: string): string {
  try {
    parseRules(text, "rules.yaml");
    return "";
  } catch (error) {
    return error instanceof Error ? error.message : "";
  }
}

describe("glovebox.example.yaml", () => {
  it("is right as it stands", () => {
    const rules = parseRules(EXAMPLE, "glovebox.example.yaml");
    expect(rules.approvals.approvers.usergroups).toEqual(["S0123APPROVERS"]);
    expect(rules.targets.map(({ namePrefix }) => namePrefix)).toEqual(["migrated/"]);
  });

  it("tells the defaults as they are: in force or commented out, the rules are the same", () => {
    const spelt = withDefaultsSpelt(EXAMPLE);
    expect(spelt.split("\n").filter((line) => line.startsWith("#"))).not.toEqual(
      EXAMPLE.split("\n").filter((line) => line.startsWith("#")),
    );
    expect(parseRules(spelt, "spelt")).toEqual(parseRules(EXAMPLE, "example"));
  });

  it("shows every part that there is to set", () => {
    const rules: Rules = parseRules(EXAMPLE, "glovebox.example.yaml");
    const names = (value: object): string[] =>
      Object.entries(value).flatMap(([name, part]) => [
        name,
        ...(part !== null && typeof part === "object" && !Array.isArray(part) ? names(part) : []),
      ]);
    for (const name of names(rules)) expect(EXAMPLE).toMatch(new RegExp(`\\b${name}\\b`));
  });
});

describe("parseRules", () => {
  it("takes the least that there can be, and adds the defaults", () => {
    const { separation, approvals, gate, metadata, targets } = parseRules(MINIMAL, "minimal");
    expect({ separation, gate, kms: targets[0]?.kmsKeyIds }).toEqual({
      separation: "on",
      gate: { mode: "on", prefixes: [], maxPerHour: 600 },
      kms: [],
    });
    expect(approvals).toMatchObject({ expireAfterHours: 72, validHours: 24, versionRule: "ask" });
    expect(Object.keys(metadata)).toHaveLength(6);
  });

  it("refuses teams of which one name or role would mean two", () => {
    const members = "members: { users: [U1] }";
    const faults = faultsOf(`${MINIMAL}
teams:
  - { name: payments, aliases: [team-pay], ${members}, vaultRoles: [pay-api] }
  - { name: Payments, aliases: [TEAM-PAY], ${members}, vaultRoles: [pay-api] }
  - { name: loans, ${members}, vaultRoles: ["*", "a*b"] }
  - { name: cards, members: { users: [] } }
`);
    for (const words of [
      '"Payments" already stands for the team payments',
      '"TEAM-PAY" already stands for the team payments',
      'the reads of "pay-api" are already payments\'s',
      "a name, with a * at its end at most",
      "name at least one user or user group",
    ])
      expect(faults).toContain(words);
  });

  it("names the file and all its faults together", () => {
    const faults = faultsOf(`
approvals: { channel: "", approvers: { users: [] }, validHours: 0, versionRule: whatever }
support: { channel: C2, staff: { users: [U2] } }
operators: { users: [U3] }
targets: [{ accountId: "1111", region: eu-central-1, namePrefix: "migrated*" }]
`);
    expect(faults.split("\n")[0]).toBe("rules.yaml:");
    for (const place of [
      "approvals.channel",
      "approvals.approvers",
      "approvals.validHours",
      "approvals.versionRule",
      "targets[0].accountId",
      "targets[0].namePrefix",
    ]) {
      expect(faults).toContain(place);
    }
    expect(faults).toContain("an AWS account id has 12 digits");
    expect(faults).toContain("name at least one user or user group");
  });

  it.each([
    ["a part is missing", MINIMAL.replace(/^support.*$/m, ""), "support"],
    ["a name is misspelt", `${MINIMAL}gates: { maxPerHour: 5 }\n`, "gates"],
    ["a field of the form is unknown", `${MINIMAL}metadata: { colour: { label: Colour, tag: colour } }\n`, "colour"],
    ["an account id is a number, so that its first zeros would be lost", MINIMAL.replaceAll('"', ""), "accountId"],
    ["there is no target", MINIMAL.replace(/\[\{.*\}\]/, "[]"), "targets"],
    ["the text is empty", "", "object"],
    ["the text is not YAML", "approvals: [", "not YAML"],
  ])("refuses when %s", (_because, text, named) => {
    expect(faultsOf(text)).toContain(named);
  });

  const withTarget = (lines: object) =>
    MINIMAL.replace(/^targets.*$/m, `targets: [${JSON.stringify({ ...TARGET, ...lines })}]`);
  const allow = (statement: object) => ({
    resourcePolicy: {
      Statement: [{ Effect: "Allow", Action: "secretsmanager:GetSecretValue", Resource: "*", ...statement }],
    },
  });

  it.each([
    ["a name template that gives two secrets one name", { name: "{prefix}{path}" }, "targets[0].name"],
    ["a description with an unknown part", { description: "of {team}" }, "targets[0].description"],
    ["a description with a tag that no field has", { description: "of {tag:cost-centre}" }, "cost-centre"],
    ["its own region as a replica", { replicaRegions: ["eu-central-1"] }, "replicaRegions"],
    ["a replica twice", { replicaRegions: ["eu-west-1", "eu-west-1"] }, "replicaRegions"],
    ["a replica nowhere", { replicaRegions: ["Frankfurt"] }, "replicaRegions"],
    ["a policy that is none", { resourcePolicy: { hello: 1 } }, "resourcePolicy"],
    ["a policy that is no JSON", { resourcePolicy: "{" }, "resourcePolicy"],
    ["a policy for everybody", allow({ Principal: "*" }), "lets everybody in"],
    ["a policy for every account", allow({ Principal: { AWS: ["arn:aws:iam::1:root", "*"] } }), "lets everybody in"],
    ["a policy for all but one", allow({ NotPrincipal: { AWS: "arn:aws:iam::1:root" } }), "lets everybody in"],
    ["a policy for nobody named", allow({}), "Principal"],
    ["a policy file that is not there", { resourcePolicyFile: "no-such.json" }, "no-such.json"],
    ["a policy twice", { resourcePolicyFile: "a.json", ...allow({ Principal: { AWS: "1" } }) }, "Give one"],
  ])("refuses a target with %s", (_what, lines, named) => {
    expect(faultsOf(withTarget(lines))).toContain(named);
  });

  it("keeps a resource policy as JSON text, written here or in a file beside the rules", () => {
    const policy = allow({
      Principal: "*",
      Condition: { StringEquals: { "aws:PrincipalOrgID": "o-1" } },
    }).resourcePolicy;
    const folder = mkdtempSync(join(tmpdir(), "rules-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    writeFileSync(join(folder, "shared.json"), JSON.stringify(policy, null, 2));
    const texts = [
      { resourcePolicy: policy },
      { resourcePolicy: JSON.stringify(policy) },
      { resourcePolicyFile: "shared.json" },
    ];
    for (const lines of texts) {
      const { targets } = parseRules(withTarget(lines), join(folder, "glovebox.yaml"));
      expect(targets[0]?.resourcePolicy).toBe(JSON.stringify(policy));
    }
  });

  it("quotes nothing of a file that is not YAML: it may be a key file that was named by mistake", () => {
    const faults = faultsOf("key: [hunter2-hunter2\nother: }");
    expect(faults).toContain("not YAML");
    expect(faults).not.toContain("hunter2");
  });
});
