import { randomBytes } from "node:crypto";
import { DescribeSecretCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import {
  FRIENDLY,
  generateEstate,
  MOUNTS,
  ODDITIES,
  type Place,
  plantedValues,
  type SeedSecret,
} from "../../dev/seed/generate-estate.ts";
import { PRACTICE_ENGINES } from "../../dev/seed/practice-engines.ts";
import { seedAws } from "../../dev/seed/seed-aws.ts";
import { type SeedReport, seedVault } from "../../dev/seed/seed-vault.ts";

const estate = (secrets: number, seed = 1): SeedSecret[] => [...generateEstate({ secrets, seed })];
const placeOf = ({ mount, path }: Place): string => `${mount}/${path}`;

describe("the practice estate", () => {
  it("is the same for the same seed, and another for another", () => {
    expect(estate(300)).toEqual(estate(300));
    expect(estate(300, 2)).not.toEqual(estate(300));
  });

  it("has as many secrets as asked for, each at a place of its own", () => {
    const places = new Set([...generateEstate({ secrets: 62_800, seed: 1 })].map(placeOf));
    expect(places.size).toBe(62_800);
  });

  it("begins the same whatever its size, and comes one by one", () => {
    const endless = generateEstate({ secrets: Number.POSITIVE_INFINITY, seed: 1 });
    expect(Array.from({ length: 40 }, () => endless.next().value)).toEqual(estate(40));
  });

  it("holds the friendly secret and every oddity, however small it is", () => {
    const places = estate(0).map(placeOf);
    for (const place of [FRIENDLY, ...Object.values(ODDITIES)]) expect(places).toContain(placeOf(place));
  });

  it("spreads over all mounts and most types", () => {
    const secrets = estate(300);
    expect(new Set(secrets.map(({ mount }) => mount))).toEqual(new Set(Object.keys(MOUNTS)));
    expect(new Set(secrets.map(({ type }) => type)).size).toBeGreaterThan(15);
  });

  it.each([3_000, 62_800])("has about four standard of five, and one white-glove of twenty, among %i", (secrets) => {
    const lanes = Map.groupBy(generateEstate({ secrets, seed: 1 }), ({ lane }) => lane);
    const percent = (lane: SeedSecret["lane"]): number => Math.round(((lanes.get(lane)?.length ?? 0) / secrets) * 100);
    const split = [percent("standard"), percent("complex"), percent("white-glove")];
    for (const [at, wanted] of [80, 15, 5].entries())
      expect(Math.abs((split[at] ?? 0) - wanted)).toBeLessThanOrEqual(2);
  });

  it("is read as estates are: a fifth by nobody, a few all day, and the heaviest reader is of the owner's team", () => {
    const secrets = estate(3_000).filter(({ team }) => team !== null);
    const unread = secrets.filter(({ traffic }) => traffic.readsPerDay === 0);
    expect(unread.length / secrets.length).toBeCloseTo(0.2, 1);
    expect(secrets.filter(({ traffic }) => traffic.readsPerDay >= 50).length).toBeLessThan(secrets.length / 50);
    for (const { team, traffic } of secrets) {
      const { readsPerDay, roles, addressCount } = traffic;
      expect(roles.length > 0).toBe(readsPerDay > 0);
      if (roles.length > 0) expect(roles[0]?.startsWith(`${team}-`)).toBe(true);
      expect(addressCount).toBeGreaterThanOrEqual(roles.length);
    }
  });

  it("tells every value that is in it, and no two secrets share one", () => {
    const secrets = estate(300);
    const planted = plantedValues(1, 300);
    expect(planted).toEqual(secrets.flatMap((secret) => secret.planted));
    expect(new Set(planted).size).toBe(planted.length);
    expect(planted.filter((value) => value.length < 12)).toEqual([]);
    for (const { planted: own, versions } of secrets) {
      const text = versions.join();
      const hidden = own.filter((value) => !text.includes(value) && !decoded(text).includes(value));
      expect(hidden).toEqual([]);
    }
  });
});

/** A docker login hides its password in base64. */
function decoded(text: string): string {
  return (text.match(/[\w+/]{20,}=*/g) ?? []).map((part) => Buffer.from(part, "base64").toString()).join();
}

describe("an estate in a real Vault", () => {
  const { address, rootToken } = inject("stack").vault;
  const prefix = `seed-${randomBytes(4).toString("hex")}-`;
  const ask = async (path: string, method = "GET"): Promise<{ status: number; text: string }> => {
    const answer = await fetch(`${address}/v1/${path}`, { method, headers: { "X-Vault-Token": rootToken } });
    return { status: answer.status, text: await answer.text() };
  };
  const at = ({ mount, path }: Place, kind: "data" | "metadata" | "" = "data"): string =>
    [`${prefix}${mount}`, kind, ...path.split("/").map(encodeURIComponent)].filter((part) => part !== "").join("/");
  let report: SeedReport;
  const progress: number[] = [];

  beforeAll(async () => {
    const options = { address, token: rootToken, secrets: 120, seed: 7, mountPrefix: prefix };
    report = await seedVault({ ...options, onProgress: (written) => progress.push(written) });
  });
  afterAll(async () => {
    const others = PRACTICE_ENGINES.map(({ mount }) => mount);
    for (const mount of [...Object.keys(MOUNTS), ...others]) await ask(`sys/mounts/${prefix}${mount}`, "DELETE");
  });

  it("reports what it wrote", () => {
    const secrets = estate(120, 7);
    expect(report.secrets).toBe(120);
    expect(report.versions).toBe(secrets.reduce((sum, { versions }) => sum + versions.length, 0));
    expect(Object.values(report.byMount).reduce((sum, count) => sum + count, 0)).toBe(120);
    expect(progress.at(-1)).toBe(120);
  });

  it("answers every secret with the current version that was generated", async () => {
    for (const secret of estate(120, 7).filter(
      (it) => !it.isCurrentDeleted && it.path !== ODDITIES.roundedNumber.path,
    )) {
      const { status, text } = await ask(at(secret, secret.engine === "kv-v2" ? "data" : ""));
      expect(status, placeOf(secret)).toBe(200);
      const { data } = JSON.parse(text);
      expect(secret.engine === "kv-v2" ? data.data : data, placeOf(secret)).toEqual(
        JSON.parse(secret.versions.at(-1) ?? ""),
      );
    }
  });

  it("has roles of other engines, which Vault lists", async () => {
    expect(report.roles).toBe(PRACTICE_ENGINES.reduce((sum, { roles }) => sum + roles.length, 0));
    for (const { mount, roles } of PRACTICE_ENGINES) {
      for (const role of roles) {
        const folder = role.slice(0, role.lastIndexOf("/"));
        const { status, text } = await ask(`${prefix}${mount}/${folder}`, "LIST");
        expect([status, JSON.parse(text).data?.keys], role).toEqual([
          200,
          expect.arrayContaining([role.slice(folder.length + 1)]),
        ]);
      }
    }
  });

  it("keeps the story's owner in custom metadata", async () => {
    const { data } = JSON.parse((await ask(at(FRIENDLY, "metadata"))).text);
    expect(data.custom_metadata).toEqual({ owner: "team-payments", contact: "#payments-help" });
  });

  it("has the oddities that Vault answers oddly", async () => {
    expect((await ask(at(ODDITIES.longNumber, ""))).text).toContain("98765432109876543210");
    expect((await ask(at(ODDITIES.roundedNumber))).text).not.toContain("98765432109876543210");
    const deleted = await ask(at(ODDITIES.deletedCurrent));
    expect([deleted.status, deleted.text.includes("deletion_time")]).toEqual([404, true]);
    const { data } = JSON.parse((await ask(at(ODDITIES.manyVersions, "metadata"))).text);
    expect(data.current_version).toBe(7);
    expect((await ask(at(ODDITIES.tooLarge))).text.length).toBeGreaterThan(65_536);
  });

  it("lists names that look alike as the different names they are", async () => {
    const { keys } = JSON.parse((await ask(`${prefix}secret/metadata/odd`, "LIST")).text).data;
    const own = Object.values(ODDITIES).filter(({ mount }) => mount === "secret");
    const names = own.map(({ path }) => path.replace("odd/", "").replace(/\/.*/, "/"));
    expect(new Set(keys)).toEqual(new Set(names));
  });

  it("says what failed, without a token or a value, when Vault refuses", async () => {
    const token = "hvs.nobodys-token";
    const refused = await seedVault({ address, token, mountPrefix: prefix }).catch((error: unknown) => String(error));
    expect(refused).toMatch(/Seeding failed: GET sys\/mounts was answered 403/);
    expect(refused).not.toContain(token);
  });
});

describe("awkward targets in Secrets Manager", () => {
  it("are one that somebody else owns and one scheduled for deletion", async () => {
    const { endpointUrl } = inject("stack").aws;
    const region = "eu-west-2";
    const id = randomBytes(4).toString("hex");
    const names = { foreign: `seed/${id}/foreign`, scheduled: `seed/${id}/scheduled` };
    await seedAws({ endpointUrl, region, names });
    const credentials = { accessKeyId: "practice", secretAccessKey: "practice" };
    const aws = new SecretsManagerClient({ endpoint: endpointUrl, region, credentials });
    const describeSecret = (name: string) => aws.send(new DescribeSecretCommand({ SecretId: name }));
    expect((await describeSecret(names.foreign)).Tags).toEqual([{ Key: "owner", Value: "team-elsewhere" }]);
    expect((await describeSecret(names.scheduled)).DeletedDate).toBeInstanceOf(Date);
    aws.destroy();
  });
});
