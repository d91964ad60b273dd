import { isDeepStrictEqual } from "node:util";
import { describe, expect, it } from "vitest";
import { PLAIN_SETTINGS, type RequestContent } from "../../src/approvals/content.ts";
import { type AllowedTarget, areAllowedSettings } from "../../src/migration/allowed-target.ts";
import { settingsFor } from "../../src/migration/rule-settings.ts";
import { contentOf } from "../approvals/request-world.ts";

const plain: AllowedTarget = { accountId: "111122223333", region: "eu-central-1", namePrefix: "prod/", kmsKeyIds: [] };
const rich: AllowedTarget = {
  ...plain,
  description: "{tag:owner-team} owns {mount}/{path}{namespace} ({tag:nobody})",
  replicaRegions: ["eu-west-1"],
  resourcePolicy: '{"Statement":[]}',
};

describe("settingsFor", () => {
  it("adds nothing where the rule says nothing", () => {
    expect(settingsFor(plain, contentOf())).toEqual(PLAIN_SETTINGS);
  });

  it("fills the description from the source and the tags; what looks like a part in a tag stays text", () => {
    const tags = { "owner-team": "{path}" };
    expect(settingsFor(rich, { ...contentOf(), tags })).toEqual({
      description: "{path} owns secret/team-a/stripe (unknown)",
      replicaRegions: ["eu-west-1"],
      resourcePolicy: '{"Statement":[]}',
    });
  });

  it("keeps a description within AWS's 2,048 characters, and without half a character at its end", () => {
    const path = `${"x".repeat(2_046)}💥💥`;
    const { description } = settingsFor(
      { description: "{path}" },
      { source: { ...contentOf().source, path }, tags: {} },
    );
    expect(description?.length).toBeLessThanOrEqual(2_048);
    expect(description?.isWellFormed()).toBe(true);
  });
});

describe("areAllowedSettings", () => {
  const signed = (settings: Partial<RequestContent["settings"]> = {}, patch: Partial<RequestContent> = {}) => {
    const content = { ...contentOf(), ...patch };
    return { ...content, settings: { ...settingsFor(rich, content), ...settings } };
  };
  it.each([
    ["what its rule sets", signed(), true],
    ["nothing, where the rule sets something", signed(PLAIN_SETTINGS), false],
    ["a policy of somebody's own", signed({ resourcePolicy: '{"Statement":[{}]}' }), false],
    ["no policy", signed({ resourcePolicy: null }), false],
    ["a replica more", signed({ replicaRegions: ["eu-west-1", "us-east-1"] }), false],
    ["no replica", signed({ replicaRegions: [] }), false],
    ["another description", signed({ description: "hello" }), false],
  ])("of a target with %s: %#", (_what, content, expected) => {
    expect(areAllowedSettings([rich], content)).toBe(expected);
    expect(areAllowedSettings([plain], content)).toBe(isDeepStrictEqual(content.settings, { ...PLAIN_SETTINGS }));
  });

  it("takes another rule's settings only with that rule's place and key", () => {
    const here = { ...plain, namePrefix: "dev/" };
    expect(areAllowedSettings([here, rich], signed())).toBe(true);
    expect(areAllowedSettings([{ ...rich, namePrefix: "dev/" }, plain], signed())).toBe(false);
    const target = { ...contentOf().target, kmsKeyId: "alias/mine" };
    expect(areAllowedSettings([rich], signed({}, { target }))).toBe(false);
  });
});
