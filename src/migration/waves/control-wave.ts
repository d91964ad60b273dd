import { NotAllowedError } from "../../approvals/errors.ts";
import { appendEvent } from "../../audit/append-event.ts";
import type { Members, Membership } from "../../membership.ts";
import type { Store } from "../../store/open-store.ts";
import { enqueueDelivery, enqueueRedraw } from "../../store/outbox.ts";
import { WaveNotPossibleError } from "./wave-errors.ts";
import { findWave, lockWave } from "./wave-rows.ts";

interface ControlDeps {
  readonly store: Store;
  readonly now: () => Date;
}

export interface StartWave {
  readonly wave: string;
  /** `operator:name`, or a Slack user id. */
  readonly by: string;
  /** Also lets the next batch be asked for, whatever became of the ones before. */
  readonly isNextWanted?: boolean;
  /** Failures in a row after which it pauses; as it was where absent. */
  readonly stopAfter?: number | undefined;
}

/**
 * Lets a wave run, or go on after a pause: what is approved of it is moved, in its order. Failures in a row are counted
 * anew from here. Repeated, it changes nothing but what is said with it.
 * @throws {WaveUnknownError} {WaveNotPossibleError} It is a draft, dropped or done.
 */
export async function startWave(
  { store, now }: ControlDeps,
  { wave: name, by, isNextWanted = false, ...wishes }: StartWave,
) {
  await store.transaction().execute(async (tx) => {
    const wave = await lockWave(tx, name);
    if (!["open", "paused", "running"].includes(wave.state))
      throw new WaveNotPossibleError(name, "be started", wave.state);
    const at = now();
    const nextAllowed = isNextWanted ? Math.max(wave.nextAllowed, await firstPlanned(tx, name)) : wave.nextAllowed;
    const { stopAfter = wave.stopAfter } = wishes;
    const isSame = nextAllowed === wave.nextAllowed && stopAfter === wave.stopAfter;
    if (wave.state === "running" && isSame) return;
    await tx
      .updateTable("wave")
      .set({ state: "running", pauseReason: null, nextAllowed, stopAfter, changedAt: at })
      .$if(wave.state !== "running", (query) => query.set({ startedAt: at }))
      .where("name", "=", name)
      .execute();
    await enqueueRedraw(tx, `wave:${name}`);
    const content = { nextAllowed, stopAfter };
    await appendEvent(tx, at, { kind: "wave.started", actor: by, subject: `wave:${name}`, content });
  });
}

async function firstPlanned(tx: Store, wave: string): Promise<number> {
  const row = await tx
    .selectFrom("waveBatch")
    .select(({ fn }) => fn.min("number").as("number"))
    .where("wave", "=", wave)
    .where("state", "=", "planned")
    .executeTakeFirst();
  return row?.number ?? 1;
}

/**
 * Holds a wave: nothing more of it is picked up, and what a worker has in hand ends. Nothing is lost.
 * @throws {WaveUnknownError} {WaveNotPossibleError}
 */
export async function pauseWave(
  { store, now }: ControlDeps,
  { wave: name, by, reason }: { wave: string; by: string; reason: string },
): Promise<void> {
  await store.transaction().execute(async (tx) => {
    const wave = await lockWave(tx, name);
    if (wave.state === "paused") return;
    if (!["open", "running"].includes(wave.state)) throw new WaveNotPossibleError(name, "be paused", wave.state);
    const at = now();
    await tx
      .updateTable("wave")
      .set({ state: "paused", pauseReason: reason, changedAt: at })
      .where("name", "=", name)
      .execute();
    await holdBack(tx, name);
    await enqueueRedraw(tx, `wave:${name}`);
    await enqueueDelivery(tx, { kind: "notice", subject: `wave:${name}`, detail: { event: "paused", by, reason } });
    await appendEvent(tx, at, { kind: "wave.paused", actor: by, subject: `wave:${name}`, content: { reason } });
  });
}

/** What was released and not begun waits again. A worker that has just taken one up ends it. */
export async function holdBack(tx: Store, wave: string): Promise<void> {
  const ofWave = tx
    .selectFrom("waveItem")
    .select("requestId")
    .where("wave", "=", wave)
    .where("requestId", "is not", null)
    .where("leftCode", "is", null)
    .$narrowType<{ requestId: string }>();
  await tx
    .updateTable("migration")
    .set({ isHeld: true })
    .where("requestId", "in", ofWave)
    .where("state", "=", "queued")
    .where("startedAt", "is", null)
    .where("isHeld", "=", false)
    .execute();
}

/** For a click in Slack. @throws {WaveUnknownError} {NotAllowedError} */
export async function assertOperator(
  { store, membership, operators }: { store: Store; membership: Membership; operators: Members },
  { wave, by, verb }: { wave: string; by: string; verb: string },
): Promise<void> {
  await findWave(store, wave);
  if (!(await membership.isMember(operators, by))) throw new NotAllowedError(`${verb} ${wave}`, operators);
}
