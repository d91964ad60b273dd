import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { DescribeSecretCommand, paginateListSecrets, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { Redis } from "ioredis";
import pg from "pg";

/** One place where a value could have gone, as text. */
export interface Sink {
  readonly name: string;
  readonly text: string;
}

const AWS = { region: "eu-central-1", credentials: { accessKeyId: "practice", secretAccessKey: "practice" } };

/** Every row of every table of one database, in every schema but Postgres's own. bytea shows as hex. */
export async function databaseSinks(url: string): Promise<Sink[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const tables = await client.query<{ name: string }>(
      `select format('%I.%I', n.nspname, c.relname) as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
       where c.relkind in ('r', 'p', 'm') and n.nspname !~ '^(pg_|information_schema)' order by 1`,
    );
    const sinks: Sink[] = [];
    for (const { name } of tables.rows) {
      const { rows } = await client.query<{ row: string }>(`select to_jsonb(t)::text as row from ${name} t`);
      sinks.push({ name: `Postgres ${name}`, text: rows.map(({ row }) => row).join("\n") });
    }
    return sinks;
  } finally {
    await client.end();
  }
}

/** Every key of a Redis and what it holds, whatever its type. */
export async function redisSinks(url: string): Promise<Sink[]> {
  const redis = new Redis(url);
  const read: Record<string, (key: string) => Promise<unknown>> = {
    string: (key) => redis.get(key),
    hash: (key) => redis.hgetall(key),
    list: (key) => redis.lrange(key, 0, -1),
    set: (key) => redis.smembers(key),
    zset: (key) => redis.zrange(key, "0", "-1"),
    stream: (key) => redis.xrange(key, "-", "+"),
  };
  try {
    const sinks: Sink[] = [];
    for await (const keys of redis.scanStream()) {
      for (const key of keys as string[]) {
        const type = await redis.type(key);
        sinks.push({ name: `Redis ${key}`, text: `${key} ${JSON.stringify(await read[type]?.(key))}` });
      }
    }
    return sinks;
  } finally {
    redis.disconnect();
  }
}

/** What waits in a queue, bodies and attributes. Seeing a message hides it from others for a second. */
export async function queueSink(endpoint: string, url: string): Promise<Sink> {
  const sqs = new SQSClient({ ...AWS, endpoint });
  const seen: unknown[] = [];
  try {
    for (;;) {
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({
          ...{ QueueUrl: url, MaxNumberOfMessages: 10, VisibilityTimeout: 1, WaitTimeSeconds: 0 },
          ...{ MessageAttributeNames: ["All"], MessageSystemAttributeNames: ["All"] },
        }),
      );
      if (Messages.length === 0 || seen.length > 1_000) break;
      seen.push(...Messages);
    }
  } finally {
    sqs.destroy();
  }
  return { name: `queue ${new URL(url).pathname}`, text: JSON.stringify(seen) };
}

/** Every file below a folder but those whose path from it begins with one of `except`. */
export async function folderSinks(folder: string, except: readonly string[] = []): Promise<Sink[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)));
  const wanted = files.filter((file) => !except.some((skipped) => file.startsWith(skipped)));
  return Promise.all(
    wanted.map(async (file) => ({ name: `file ${file}`, text: await readFile(join(folder, file), "latin1") })),
  );
}

/** All that AWS shows of its secrets without their values: names, tags, descriptions, version ids. */
export async function awsDescriptionSink(endpoint: string): Promise<Sink> {
  const client = new SecretsManagerClient({ ...AWS, endpoint });
  try {
    const described: unknown[] = [];
    for await (const { SecretList = [] } of paginateListSecrets({ client }, { IncludePlannedDeletion: true })) {
      for (const { ARN } of SecretList) described.push(await client.send(new DescribeSecretCommand({ SecretId: ARN })));
    }
    return { name: "AWS descriptions", text: JSON.stringify(described) };
  } finally {
    client.destroy();
  }
}
