import { DescribeSecretCommand, GetSecretValueCommand } from "@aws-sdk/client-secrets-manager";
import { nothingLeft } from "./failures.ts";
import { expect, type Step, type Tour } from "./tour-world.ts";

/** Into a move, in milliseconds: early, in the lease, around the write. */
const KILLED_AFTER_MS = [20, 60, 120];

async function moveAndKill(tour: Tour, afterMs: number): Promise<void> {
  const [entry] = await tour.rows<{ full_path: string }>(
    `select full_path from entry where engine = 'kv-v2' and path not like 'odd/%'
     and id not in (select entry_id from request) order by id desc limit 1`,
  );
  const path = entry?.full_path ?? "";
  await tour.ask(path);
  await tour.approve(path);
  await new Promise((resolve) => setTimeout(resolve, afterMs));
  process.kill(tour.world.running.worker?.pid ?? 0, "SIGKILL");
  const [before] = await tour.rows<{ state: string }>("select state from migration order by created_at desc limit 1");
  tour.see(
    "the worker",
    "its process",
    `killed with -9, ${afterMs} ms after the approval; the journal says: ${before?.state}`,
  );
  await tour.world.start("worker");
  await tour.waitForCard(path, /Migrated/, 120_000);
  await nothingLeft(tour);
  const [row] = await tour.rows<{ id: string; name: string }>(
    `select m.id, r.content::jsonb -> 'content' -> 'target' ->> 'name' as name
     from migration m join request r on r.id = m.request_id join entry e on e.id = r.entry_id where e.full_path = $1`,
    [path],
  );
  const { VersionIdsToStages = {} } = await tour.aws.send(new DescribeSecretCommand({ SecretId: row?.name }));
  expect(Object.keys(VersionIdsToStages).length === 1, "the version was doubled");
  const { SecretString } = await tour.aws.send(new GetSecretValueCommand({ SecretId: row?.name }));
  expect(SecretString !== undefined, "the value is missing");
  const done = await tour.rows("select 1 from finished_statement where migration_id = $1", [row?.id]);
  expect(done.length === 1, "it was not finished exactly once");
  tour.see("approvers", "#secrets-approvals", "Migrated, once; the gate is shut");
}

export const CRASHES: readonly Step[] = KILLED_AFTER_MS.map((afterMs) => ({
  name: `kill -9 of the worker ${afterMs} ms into a move: a restart finishes it exactly once`,
  run: (tour) => moveAndKill(tour, afterMs),
}));
