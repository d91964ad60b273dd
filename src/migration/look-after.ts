import { setTimeout as sleep } from "node:timers/promises";
import type { TargetRef, TargetSettings } from "../approvals/content.ts";
import { ReplicaFailedError, SettingsMissingError } from "./engine-errors.ts";
import type { MigrationRun } from "./migration-run.ts";
import type { PresentTarget, TargetReplica } from "./secret-target.ts";
import { currentOf, type TargetWrite, versionIdOf } from "./write-list.ts";

/** AWS copies in its own time; what is not in sync by then is said on the receipt. */
const REPLICA_WAIT_MS = 20_000;
const REPLICA_POLL_MS = 1_000;

/**
 * Looks if everything beside the values is there: labels, description, replicas, policy. Asks nothing where a new target
 * with one version was made and no rule adds anything: AWS's answer to the create was all of it.
 * @returns The replicas, as AWS tells of them at the end of our patience.
 * @throws {SettingsMissingError} {ReplicaFailedError}
 */
export async function lookAfter(run: MigrationRun, ref: TargetRef, write: TargetWrite): Promise<TargetReplica[]> {
  const { settings } = run.statement;
  if (!needsLook(settings, write)) return [];
  const state = await waitForReplicas(run, ref, settings.replicaRegions);
  assertLabels(state, write);
  if (settings.description !== null && state.description !== settings.description) {
    throw new SettingsMissingError("description");
  }
  if (settings.resourcePolicy !== null) await assertPolicy(run, ref, settings.resourcePolicy);
  return state.replicas.filter(({ region }) => settings.replicaRegions.includes(region));
}

function needsLook({ description, replicaRegions, resourcePolicy }: TargetSettings, write: TargetWrite): boolean {
  return (
    write.before !== null ||
    write.versions.length > 1 ||
    description !== null ||
    replicaRegions.length > 0 ||
    resourcePolicy !== null
  );
}

async function waitForReplicas(
  { deps }: MigrationRun,
  ref: TargetRef,
  regions: readonly string[],
): Promise<PresentTarget> {
  for (let waitedMs = 0; ; waitedMs += REPLICA_POLL_MS) {
    const state = await deps.target.describe(ref);
    if (state.status === "absent") throw new SettingsMissingError("target");
    const statusOf = (region: string): string | undefined =>
      state.replicas.find((replica) => replica.region === region)?.status;
    if (regions.some((region) => statusOf(region) === "Failed")) throw new ReplicaFailedError();
    if (regions.every((region) => statusOf(region) === "InSync")) return state;
    if (waitedMs >= REPLICA_WAIT_MS) {
      if (regions.some((region) => statusOf(region) === undefined)) throw new SettingsMissingError("replica");
      return state;
    }
    await sleep(REPLICA_POLL_MS);
  }
}

function assertLabels({ stagesByVersion }: PresentTarget, write: TargetWrite): void {
  for (const version of write.versions) {
    if (!stagesByVersion[versionIdOf(version)]?.includes(version.stage)) {
      throw new SettingsMissingError(version === currentOf(write) ? "current version" : "label of an older version");
    }
  }
}

/** AWS may answer with other blanks and another order of keys. */
async function assertPolicy({ deps }: MigrationRun, ref: TargetRef, wanted: string): Promise<void> {
  const found = await deps.target.readPolicy(ref);
  if (found === null || canonicalJson(found) !== canonicalJson(wanted))
    throw new SettingsMissingError("resource policy");
}

function canonicalJson(text: string): string {
  return JSON.stringify(sorted(JSON.parse(text)));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([one], [other]) => (one < other ? -1 : 1))
      .map(([key, member]) => [key, sorted(member)]),
  );
}
