import { randomBytes, randomUUID } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CreateSecretCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { CreateQueueCommand, SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { Redis } from "ioredis";
import pg from "pg";
import { describe, expect, inject, it, onTestFinished } from "vitest";
import { freshDatabase } from "../fresh-store.ts";
import { canaryNet, credentialsIn } from "./needles.ts";
import { awsDescriptionSink, databaseSinks, folderSinks, queueSink, redisSinks, type Sink } from "./sinks.ts";

const fresh = (): string => `cn${randomBytes(12).toString("hex")}`;
const AWS = { region: "eu-central-1", credentials: { accessKeyId: "practice", secretAccessKey: "practice" } };

/** The names of the sinks in which the net finds the canary. */
const foundIn = (value: string, sinks: readonly Sink[]): string[] =>
  sinks.filter(({ text }) => canaryNet([{ name: "it", value }]).leaksIn(text).length > 0).map(({ name }) => name);

describe("the net", () => {
  const value = `q7Xk"Lm<9&v'Xp>2%\\Wm/4+~=Rt\n8Zp`;
  const net = canaryNet([{ name: "it", value }]);
  const json = JSON.stringify(value);

  it.each([
    ["as it is", value],
    ["in JSON", json],
    ["in JSON in JSON in JSON", JSON.stringify(JSON.stringify({ log: json }))],
    ["as Go writes JSON", '"q7Xk\\"Lm\\u003c9\\u0026v\'Xp\\u003e2%\\\\Wm/4+~=Rt\\n8Zp"'],
    ["in a URL", `https://x.example/?v=${encodeURIComponent(value)}`],
    ["in a form", new URLSearchParams({ v: value }).toString()],
    ["in HTML", "q7Xk&quot;Lm&lt;9&amp;v&#39;Xp&gt;2%"],
    ["as Slack escapes", "q7Xk\"Lm&lt;9&amp;v'Xp&gt;2%\\Wm/4"],
    ["in hex", Buffer.from(value).toString("hex")],
    ["in base64", Buffer.from(value).toString("base64")],
    ["in base64 of a longer text", Buffer.from(`{"password":${json}}`).toString("base64")],
    ["in URL-safe base64", Buffer.from(`a${value}`).toString("base64url")],
    ["in UTF-16", Buffer.from(value, "utf16le").toString("latin1")],
    ["as a parser quotes its middle", `Unexpected token, ...${json.slice(8, 21)}... is not valid JSON`],
  ])("finds a value %s", (_how, text) => {
    expect(net.leaksIn(`some words before ${text} and after`)).toHaveLength(1);
  });

  it("finds nothing in what only looks like it", () => {
    expect(net.leaksIn(`q7Xk "Lm< 9&v'Xp ${randomBytes(50_000).toString("base64")} ${randomUUID()}`)).toEqual([]);
  });

  it("knows Vault's tokens and private keys by their form", () => {
    expect(credentialsIn("token hvs.CAESIJ0123456789abcdefghijk in a log")).toEqual(["a Vault token"]);
    expect(credentialsIn("-----BEGIN PRIVATE KEY-----")).toEqual(["a private key"]);
    expect(credentialsIn("the hvs. prefix, and a PUBLIC KEY")).toEqual([]);
  });
});

describe("each sink shows what is planted in it", () => {
  it("a table of any schema, as text, as JSON and as bytes", async () => {
    const { url, drop } = await freshDatabase();
    onTestFinished(drop);
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    const value = fresh();
    await client.query(
      "create schema other; create table plain (t text); create table other.deep (j jsonb, b bytea); create table clean (t text)",
    );
    await client.query("insert into plain values ($1)", [`a "word" and ${value}`]);
    await client.query("insert into other.deep values ($1, $2)", [
      JSON.stringify({ a: [`\n${value}`] }),
      Buffer.from("x"),
    ]);
    await client.query("insert into clean values ('x')");
    expect(foundIn(value, await databaseSinks(url))).toEqual(["Postgres other.deep", "Postgres public.plain"]);
    await client.query("truncate plain; update other.deep set j = null");
    await client.query("update other.deep set b = $1", [Buffer.from(value)]);
    expect(foundIn(value, await databaseSinks(url))).toEqual(["Postgres other.deep"]);
    await client.end();
  });

  it("a Redis key of any type, and a key's own name", async () => {
    const url = inject("stack").redis.url;
    const redis = new Redis(url);
    const [value, prefix] = [fresh(), `sink-${randomUUID()}`];
    const plant = {
      [`${prefix}:s`]: () => redis.set(`${prefix}:s`, value),
      [`${prefix}:h`]: () => redis.hset(`${prefix}:h`, "f", value),
    };
    await Promise.all(Object.values(plant).map((put) => put()));
    await redis.rpush(`${prefix}:l`, value);
    await redis.sadd(`${prefix}:t`, value);
    await redis.zadd(`${prefix}:z`, 1, value);
    await redis.xadd(`${prefix}:x`, "*", "f", value);
    await redis.set(`${prefix}:${value}`, "x");
    const found = foundIn(value, await redisSinks(url));
    await redis.del(...["s", "h", "l", "t", "z", "x", value].map((end) => `${prefix}:${end}`));
    redis.disconnect();
    expect(found.map((name) => name.split(":").at(-1)).toSorted()).toEqual(
      [value, "h", "l", "s", "t", "x", "z"].toSorted(),
    );
  });

  it("a queue, in a body and in an attribute", async () => {
    const endpoint = inject("stack").aws.endpointUrl;
    const sqs = new SQSClient({ ...AWS, endpoint });
    const { QueueUrl = "" } = await sqs.send(new CreateQueueCommand({ QueueName: `sink-${randomUUID()}` }));
    const [inBody, inAttribute] = [fresh(), fresh()];
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: JSON.stringify({ inBody }) }));
    const MessageAttributes = { reason: { DataType: "String", StringValue: inAttribute } };
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "x", MessageAttributes }));
    sqs.destroy();
    const sink = await queueSink(endpoint, QueueUrl);
    expect([foundIn(inBody, [sink]), foundIn(inAttribute, [sink])]).toEqual([[sink.name], [sink.name]]);
  });

  it("a file, however deep, but for what is left out", async () => {
    const folder = await mkdtemp(join(tmpdir(), "glovebox-sink-"));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const value = fresh();
    await mkdir(join(folder, "logs", "old"), { recursive: true });
    await mkdir(join(folder, "keys"));
    await writeFile(join(folder, "logs", "old", "worker.log"), JSON.stringify({ msg: value }));
    await writeFile(join(folder, "keys", "a.key"), value);
    expect(foundIn(value, await folderSinks(folder, ["keys/"]))).toEqual(["file logs/old/worker.log"]);
  });

  it("what AWS shows of a secret without reading it, and not what it keeps", async () => {
    const endpoint = inject("stack").aws.endpointUrl;
    const client = new SecretsManagerClient({ ...AWS, endpoint });
    const [kept, shown] = [fresh(), fresh()];
    const Tags = [{ Key: "why", Value: shown }];
    await client.send(new CreateSecretCommand({ Name: `sink/${randomUUID()}`, SecretString: kept, Tags }));
    client.destroy();
    const sink = await awsDescriptionSink(endpoint);
    expect([foundIn(kept, [sink]), foundIn(shown, [sink])]).toEqual([[], [sink.name]]);
  });
});
