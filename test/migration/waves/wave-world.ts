import { randomUUID } from "node:crypto";
import { takeEnvelope } from "../../../src/approvals/take-envelope.ts";
import type { Signed } from "../../../src/audit/signing.ts";
import { FIELDS } from "../../../src/metadata/suggestion.ts";
import { approveBatch } from "../../../src/migration/waves/approve-batch.ts";
import { confirmWave } from "../../../src/migration/waves/confirm-wave.ts";
import { startWave } from "../../../src/migration/waves/control-wave.ts";
import { type CreateWaveDeps, createWave, type WaveDraft } from "../../../src/migration/waves/create-wave.ts";
import type { DraftWishes } from "../../../src/migration/waves/draft-items.ts";
import { countItems, sumCounts } from "../../../src/migration/waves/item-states.ts";
import { recordLook, showSample } from "../../../src/migration/waves/look-at-sample.ts";
import { runWaves } from "../../../src/migration/waves/run-waves.ts";
import type { WaveDeps } from "../../../src/migration/waves/wave-deps.ts";
import { findBatch } from "../../../src/migration/waves/wave-rows.ts";
import type { Store } from "../../../src/store/open-store.ts";
import { APPROVER, ENGINEER, requestWorld } from "../../approvals/request-world.ts";
import { addSecrets, PLAN_INPUT, type PlannedSecret, planMount } from "../plan-world.ts";

export const FIELD_RULES = Object.fromEntries(
  FIELDS.map((field) => [field, { label: field, tag: field === "ownerTeam" ? "owner-team" : field, required: true }]),
) as unknown as DraftWishes["fields"];

/** The draft of a wave `w1` over the whole mount `secret`. */
export function draftOf(patch: Partial<WaveDraft> = {}): WaveDraft {
  return {
    name: "w1",
    by: "operator:ops",
    requester: ENGINEER,
    reason: "The payments services move",
    selection: { kind: "filter", filter: { mount: "secret" } },
    selectionText: "mount=secret",
    plan: PLAN_INPUT,
    options: {},
    fields: FIELD_RULES,
    olderVersions: 0,
    pilotSize: 2,
    batchSize: 3,
    stopAfter: 3,
    ...patch,
  };
}

/** Says everything of every secret there is, as people do. */
export async function confirmAll(store: Store, skip: readonly string[] = []): Promise<void> {
  const entries = await store.selectFrom("entry").select(["id", "path"]).execute();
  const rows = entries
    .filter(({ path }) => !skip.includes(path))
    .flatMap(({ id }) =>
      FIELDS.map((field) => ({
        ...{ entryId: id, field, value: field === "environment" ? "prod" : "payments" },
        ...{ confirmedBy: ENGINEER, confirmedAt: new Date() },
      })),
    );
  if (rows.length > 0) await store.insertInto("metadataConfirmation").values(rows).execute();
}

/** A store with secrets that are ready, and the use-cases of waves bound to it. The engine is stood in for. */
export async function waveWorld(paths: readonly string[] = ["a", "b", "c", "d", "e", "f"]) {
  const world = await requestWorld();
  const { store, deps: decide, clock } = world;
  const secrets = Object.fromEntries(paths.map((path): [string, PlannedSecret] => [path, {}]));
  await store.deleteFrom("entry").execute();
  await addSecrets(store, planMount("secret"), secrets);
  await confirmAll(store);
  const faults = new Map<number, { code: string; text: string; field: "target"; blocks: boolean }>();
  const rung: string[] = [];
  const deps: WaveDeps = {
    ...decide,
    newId: randomUUID,
    ringMigration: async (id) => void rung.push(id),
    maxPerHour: 600,
    expireAfterHours: 72,
    preflight: async ({ entryId }) => [faults.get(entryId)].filter((fault) => fault !== undefined),
    lookAgain: async () => {},
    newSeed: randomUUID,
  };
  const reported: string[] = [];
  const create: CreateWaveDeps = { store, now: clock.now, newId: randomUUID, report: () => {} };

  /** The intake: every envelope that waits becomes a request, or a refusal. */
  const intake = async (): Promise<void> => {
    const rows = await store
      .selectFrom("outbox")
      .select(["id", "detail"])
      .where("kind", "=", "envelope")
      .where("deliveredAt", "is", null)
      .execute();
    for (const { id, detail } of rows) {
      await takeEnvelope(world.intake, detail as unknown as Signed);
      await store.updateTable("outbox").set({ deliveredAt: new Date() }).where("id", "=", id).execute();
    }
  };
  const tick = () => runWaves(deps, ({ code }) => void reported.push(code));
  /** Looks until nothing changes, the intake working meanwhile. */
  const settle = async (): Promise<void> => {
    for (let look = 0; look < 4; look += 1) {
      await tick();
      await intake();
    }
  };
  const look = async (number: number, by = APPROVER): Promise<void> => {
    const { version } = await findBatch(store, { wave: "w1", number });
    const { pageCount } = await showSample(store, { wave: "w1", number, version, page: 1 });
    for (let page = 1; page <= pageCount; page += 1) await recordLook(deps, { wave: "w1", number, version, page, by });
  };
  const approve = async (number: number, by = APPROVER): Promise<void> => {
    const { version } = await findBatch(store, { wave: "w1", number });
    await approveBatch(deps, { wave: "w1", number, version, by });
  };
  /** Makes the wave, has it confirmed, and its pilot asked for. */
  const asked = async (patch: Partial<WaveDraft> = {}): Promise<void> => {
    await createWave(create, draftOf(patch));
    await confirmWave(deps, { wave: "w1", by: ENGINEER });
    await settle();
  };
  /** The same, with the pilot approved and the wave started. */
  const started = async (patch: Partial<WaveDraft> = {}): Promise<void> => {
    await asked(patch);
    await look(1);
    await approve(1);
    await startWave(deps, { wave: "w1", by: "operator:ops" });
    await settle();
  };
  const underWay = () =>
    store
      .selectFrom("migration")
      .select(["id", "requestId"])
      .where("state", "=", "queued")
      .where("isHeld", "=", false)
      .orderBy("createdAt")
      .execute();
  /** The engine ends everything that is released. @param fate done for all, or failed for those it names. */
  const work = async (isFailing: (requestId: string) => boolean = () => false): Promise<number> => {
    const all = await underWay();
    for (const { id, requestId } of all) {
      clock.advanceHours(0.0001);
      const fails = isFailing(requestId);
      await store
        .updateTable("migration")
        .set({ causeCode: fails ? "VAULT_UNAVAILABLE" : null })
        .where("id", "=", id)
        .execute();
      await world.engineLeft(id, fails ? "failed" : "done", 1);
    }
    return all.length;
  };
  return {
    ...world,
    ...{ deps, create, faults, rung, reported, tick, settle, intake, look, approve, asked, started, underWay, work },
    batch: (number: number) => findBatch(store, { wave: "w1", number }),
    wave: () => store.selectFrom("wave").selectAll().where("name", "=", "w1").executeTakeFirstOrThrow(),
    counts: async (number?: number) => {
      const counts = await countItems(store, "w1");
      const all = number === undefined ? sumCounts(counts.values()) : counts.get(number);
      return Object.fromEntries(Object.entries(all ?? {}).filter(([, count]) => count > 0));
    },
    requests: async (number: number) =>
      (
        await store
          .selectFrom("waveItem")
          .select("requestId")
          .where("batch", "=", number)
          .orderBy("position")
          .$narrowType<{ requestId: string }>()
          .execute()
      ).map(({ requestId }) => requestId),
  };
}
