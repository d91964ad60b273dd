import { isDeepStrictEqual } from "node:util";
import {
  DescribeSecretCommand,
  type DescribeSecretResponse,
  GetSecretValueCommand,
  ListSecretVersionIdsCommand,
  ResourceNotFoundException,
} from "@aws-sdk/client-secrets-manager";
import type pg from "pg";
import type { ChaosWorld } from "./chaos-world.ts";
import { type Findings, noFindings } from "./findings.ts";
import type { Item } from "./item.ts";

/** What the judge saw of one migration, with a root token, a raw AWS client and SQL: none of the engine's own code. */
export interface Verdict {
  readonly findings: Findings;
  /** All that AWS shows without a value, for the search for values. */
  readonly shown: string;
}

export async function judgeItem(world: ChaosWorld, sql: pg.Client, item: Item): Promise<Verdict> {
  const findings = noFindings();
  const who = `migration ${item.plan.index} (${item.source.engine} ${item.source.path})`;
  const say = (kind: keyof Findings) => (what: string) => void findings[kind].push(`${who}: ${what}`);
  const described = await describe(world, item.target.name);
  if (item.stuck !== null) say("lost")(item.stuck);
  else await judgeTarget(world, item, described, say("lost"));
  await judgeVault(world, item, say("lost"));
  if (described) await judgeVersions(world, sql, item, say("doubled"));
  await judgeFinished(sql, item, say("doubled"));
  const state = described?.Tags?.find(({ Key }) => Key === "glovebox-state")?.Value;
  if (item.stuck === null && state !== undefined && state !== "sealed" && !described?.DeletedDate) {
    say("leftover")(`the target is ${state}, so the writer may still change it`);
  }
  return { findings, shown: JSON.stringify(described) };
}

async function describe({ aws }: ChaosWorld, SecretId: string): Promise<DescribeSecretResponse | null> {
  return aws.send(new DescribeSecretCommand({ SecretId })).catch((error: unknown) => {
    if (error instanceof ResourceNotFoundException) return null;
    throw error;
  });
}

type Say = (what: string) => void;

async function judgeTarget(
  { aws }: ChaosWorld,
  { expected, target, plan }: Item,
  described: DescribeSecretResponse | null,
  say: Say,
): Promise<void> {
  if (expected.is === "absent") {
    if (described) say("something is at its target, though nothing was to be written");
    return;
  }
  if (!described) return say("nothing is at its target");
  const isTombstone = described.DeletedDate !== undefined;
  if (isTombstone !== (expected.is === "tombstone")) {
    return say(isTombstone ? "its target is scheduled for deletion" : "its target is live, though the move was undone");
  }
  if (expected.is === "tombstone") return;
  const { SecretString = "" } = await aws.send(
    new GetSecretValueCommand({ SecretId: target.name, VersionStage: "AWSCURRENT" }),
  );
  const isText = expected.is === "foreign" || plan.shape === "single";
  const isRight = isText ? SecretString === expected.text : isSameJson(SecretString, expected.text);
  if (!isRight)
    say(`AWSCURRENT of its target holds another value than ${expected.is === "foreign" ? "its owner's" : "Vault's"}`);
  if (expected.is === "foreign" && (described.Tags ?? []).length > 0) say("somebody else's target was given tags");
}

function isSameJson(one: string, other: string): boolean {
  try {
    return isDeepStrictEqual(JSON.parse(one), JSON.parse(other));
  } catch {
    return false;
  }
}

/** Vault is only read: its newest version is the one that was planted, with that value. */
async function judgeVault({ vault }: ChaosWorld, { source, values }: Item, say: Say): Promise<void> {
  const { engine, mount, path } = source;
  const { status, body } = await vault("GET", engine === "kv-v2" ? `${mount}/data/${path}` : `${mount}/${path}`);
  if (status !== 200) return say(`Vault answers ${status} to its path`);
  const data = engine === "kv-v2" ? body.data?.data : body.data;
  if (!isDeepStrictEqual(data, JSON.parse(values.at(-1) ?? "null"))) say("Vault holds another value than before");
  const version = (body.data?.metadata as { version?: number } | undefined)?.version;
  if (engine === "kv-v2" && version !== values.length) say(`Vault is at version ${version}, not ${values.length}`);
}

/** Each attempt may have written one version, under the token that it journaled before; there may be no other. */
async function judgeVersions({ aws }: ChaosWorld, sql: pg.Client, item: Item, say: Say): Promise<void> {
  const { Versions = [] } = await aws.send(
    new ListSecretVersionIdsCommand({ SecretId: item.target.name, IncludeDeprecated: true, MaxResults: 100 }),
  );
  const { rows } = await sql.query<{ token: string }>(
    `select jsonb_path_query((writes ->> 'bytes')::jsonb, '$.targets[*].versions[*].requestToken') #>> '{}' as token
     from migration where request_id = any($1)`,
    [item.requestIds],
  );
  const tokens = new Set(rows.map(({ token }) => token));
  const strangers = Versions.filter(({ VersionId = "" }) => !tokens.has(VersionId)).length;
  const own = item.plan.target === "foreign" ? 1 : 0;
  if (strangers > own) say(`its target has ${strangers - own} version(s) that no attempt accounts for`);
}

async function judgeFinished(sql: pg.Client, item: Item, say: Say): Promise<void> {
  const { rows } = await sql.query<{ statement: string; count: number }>(
    `select content::jsonb ->> 'statementId' as statement, count(*)::int as count from audit_event
     where kind = 'migration.done' and content::jsonb ->> 'requestId' = any($1) group by 1 having count(*) > 1`,
    [item.requestIds],
  );
  for (const { count } of rows) say(`one approval was carried out ${count} times`);
  const { rows: finished } = await sql.query<{ count: number }>(
    `select count(*)::int as count from finished_statement f join statement s on s.id = f.statement_id
     where s.request_id = any($1) group by s.request_id, s.request_version having count(*) > 1`,
    [item.requestIds],
  );
  for (const { count } of finished) say(`${count} finished statements for one approval`);
}
