import { isDeepStrictEqual } from "node:util";
import { type DescribeSecretResponse, ListSecretVersionIdsCommand } from "@aws-sdk/client-secrets-manager";
import type pg from "pg";
import type { ChaosWorld } from "./chaos-world.ts";
import { type Findings, noFindings } from "./findings.ts";
import type { Item } from "./item.ts";
import { judgeTarget } from "./judge-target.ts";
import { describeRaw } from "./raw-aws.ts";

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
  if (item.stuck !== null) say("lost")(item.stuck);
  await judgeVault(world, item, say("lost"));
  const writes = await journaledWrites(sql, item);
  const shown: unknown[] = [];
  for (const expected of item.expected) {
    const ofPart = expected.name.slice(item.target.name.length);
    const sayOf = (kind: keyof Findings) => (what: string) => say(kind)(`${what}${ofPart && ` (${ofPart})`}`);
    const described = await describeRaw(world.aws, expected.name);
    shown.push(described);
    if (item.stuck === null)
      await judgeTarget(world, expected, described, { lost: sayOf("lost"), leftover: sayOf("leftover") });
    if (described) await judgeVersions(world, item, { name: expected.name, writes }, sayOf("doubled"));
    if (item.stuck === null && described) judgeState(described, sayOf("leftover"));
  }
  if (new Set(writes.map(({ token }) => token)).size < writes.length) say("doubled")("two writes share a token");
  await judgeFinished(sql, item, say("doubled"));
  return { findings, shown: JSON.stringify(shown) };
}

type Say = (what: string) => void;

function judgeState({ Tags = [], DeletedDate }: DescribeSecretResponse, say: Say): void {
  const state = Tags.find(({ Key }) => Key === "glovebox-state")?.Value;
  if (state !== undefined && state !== "sealed" && !DeletedDate) {
    say(`the target is ${state}, so the writer may still change it`);
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

interface JournaledWrite {
  readonly name: string;
  readonly token: string;
}

async function journaledWrites(sql: pg.Client, { requestIds }: Item): Promise<JournaledWrite[]> {
  const { rows } = await sql.query<JournaledWrite>(
    `select target ->> 'name' as name, version ->> 'requestToken' as token from migration,
       jsonb_path_query((writes ->> 'bytes')::jsonb, '$.targets[*]') as target,
       jsonb_path_query(target, '$.versions[*]') as version
     where request_id = any($1)`,
    [requestIds],
  );
  return rows;
}

/** An attempt may have written one version for each label of each target, under the token that it journaled before. */
async function judgeVersions(
  { aws }: ChaosWorld,
  { theirVersionId }: Item,
  { name, writes }: { name: string; writes: readonly JournaledWrite[] },
  say: Say,
): Promise<void> {
  const { Versions = [] } = await aws.send(
    new ListSecretVersionIdsCommand({ SecretId: name, IncludeDeprecated: true, MaxResults: 100 }),
  );
  const accounted = new Set(writes.filter((write) => write.name === name).map(({ token }) => token));
  const strangers = Versions.filter(({ VersionId = "" }) => !accounted.has(VersionId) && VersionId !== theirVersionId);
  if (strangers.length > 0) say(`its target has ${strangers.length} version(s) that no attempt accounts for`);
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
