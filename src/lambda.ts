import type { Context, SQSBatchResponse, SQSEvent } from "aws-lambda";
import { migrateFromSqs } from "../jobs/migrate-from-sqs.ts";
import type { Config, WorkerConfig } from "./config.ts";
import { codeOf } from "./errors.ts";
import type { Rules } from "./rules.ts";
import type { Store } from "./store/open-store.ts";
import { configure } from "./wiring/from-environment.ts";
import { lambdaMetrics } from "./wiring/lambda-metrics.ts";
import { openCore, openLog } from "./wiring/open-core.ts";
import { openEngine } from "./wiring/open-engine.ts";

interface Settings {
  readonly config: Config;
  readonly worker: WorkerConfig;
  readonly rules: Rules;
}

let known: Settings | undefined;

/**
 * The worker behind an SQS FIFO queue with one message group and a batch size of 1: the same engine, fence included, for a
 * queue narrows the race and only the fence closes it. Connections live as long as one event, because Lambda freezes the
 * process between two; what a killed one left is closed before anything else.
 * @throws {BadConfigError} Something is missing in the environment or in glovebox.yaml: the event comes again.
 */
export async function handler(event: SQSEvent, context: Context): Promise<SQSBatchResponse> {
  known ??= settings();
  const { config, rules } = known;
  const metrics = lambdaMetrics(rules.installation);
  const log = openLog(config.common.LOG_LEVEL);
  const { core, close } = await openCore(config.common, rules, log);
  try {
    const engine = openEngine(core, withinTime(known.worker, context), "worker");
    await engine.cleanUp();
    let since = Date.now();
    const mustComeAgain = await migrateFromSqs(
      {
        migrate: engine.migrate,
        remainingMs: () => context.getRemainingTimeInMillis(),
        neededMs: known.worker.MIGRATION_NEEDS_SECONDS * 1_000,
        async report(outcome, migrationId, code) {
          log.info({ outcome, migrationId, code }, "a ring was dealt with");
          metrics.count(
            outcome,
            migrationId === null ? null : await stateOf(core.store, migrationId),
            Date.now() - since,
          );
          since = Date.now();
        },
      },
      event.Records,
    );
    // The chain's own fault is for the operators, and no reason to move a secret again.
    await engine.signCheckpoint().catch((error: unknown) => log.error({ code: codeOf(error) }, "no checkpoint signed"));
    return { batchItemFailures: mustComeAgain.map((itemIdentifier) => ({ itemIdentifier })) };
  } finally {
    metrics.flush();
    await close();
  }
}

function settings(): Settings {
  const { config, rules } = configure("worker");
  if (config.worker === null) throw new TypeError("the role worker has a worker's configuration");
  return { config, worker: config.worker, rules };
}

/** A process that Lambda kills at its deadline must not keep the fence for longer. */
function withinTime(worker: WorkerConfig, context: Context): WorkerConfig {
  const remainingSeconds = Math.floor(context.getRemainingTimeInMillis() / 1_000);
  return { ...worker, FENCE_SECONDS: Math.max(2, Math.min(worker.FENCE_SECONDS, remainingSeconds)) };
}

async function stateOf(store: Store, migrationId: string) {
  const row = await store.selectFrom("migration").select("state").where("id", "=", migrationId).executeTakeFirst();
  return row?.state ?? null;
}
