import { Metrics, MetricUnit } from "@aws-lambda-powertools/metrics";
import type { RingOutcome } from "../../jobs/migrate-from-sqs.ts";
import type { MigrationState } from "../store/tables/migrations.ts";

/** What CloudWatch counts, by how a ring ended. */
const METRIC: Readonly<Record<Exclude<RingOutcome, "ended">, string>> = {
  "comes-again": "MigrationsWaiting",
  "no-time": "MigrationsWithoutTime",
  unreadable: "RingsUnreadable",
};

export interface LambdaMetrics {
  /** @param state Where the engine left the migration; null: there is none of that id. */
  count(outcome: RingOutcome, state: MigrationState | null, durationMs: number): void;
  /** Prints one line of EMF. */
  flush(): void;
}

/**
 * CloudWatch's embedded metric format, on stdout. The installation is the only dimension: each value of a dimension is a
 * billed metric of its own, so no path, name or id is ever one.
 */
export function lambdaMetrics(installation: string): LambdaMetrics {
  const metrics = new Metrics({ namespace: "Glovebox", serviceName: installation });
  return {
    count(outcome, state, durationMs) {
      const name = outcome === "ended" ? endName(state) : METRIC[outcome];
      metrics.addMetric(name, MetricUnit.Count, 1);
      if (outcome === "ended") metrics.addMetric("MigrationDuration", MetricUnit.Milliseconds, durationMs);
    },
    flush: () => metrics.publishStoredMetrics(),
  };
}

function endName(state: MigrationState | null): string {
  if (state === "done") return "MigrationsDone";
  if (state === "undone") return "MigrationsUndone";
  return state === "failed" ? "MigrationsFailed" : "MigrationsUnchanged"; // paused, too early, or already at its end
}
