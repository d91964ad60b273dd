import { sql } from "kysely";
import { Envelope, RequestContent } from "../../approvals/content.ts";
import { SignatureRefusedError } from "../../approvals/read-signed.ts";
import { appendEvent } from "../../audit/append-event.ts";
import { runBounded } from "../../catalog/run-bounded.ts";
import { GloveboxError } from "../../errors.ts";
import type { Store } from "../../store/open-store.ts";
import { enqueueDelivery, enqueueRedraw } from "../../store/outbox.ts";
import { readConfirmation } from "./confirm-wave.ts";
import type { WaveDeps } from "./wave-deps.ts";
import { readBatchDigest } from "./wave-digest.ts";
import { type BatchKey, type BatchRow, findWave, type ItemRow, leaveBatch, setBatch } from "./wave-rows.ts";

/** Envelopes of one transaction. */
const CHUNK = 50;
const PREFLIGHTS_AT_ONCE = 8;
/** An envelope that became neither a request nor a refusal by then is given up: the intake queue is stuck. */
const INTAKE_WITHIN_MS = 30 * 60_000;

/**
 * Makes the requests of a batch, in the name of the person who confirmed the wave: one signed envelope for each item, on
 * the way that every form takes. Safe to call again after a crash anywhere: an envelope has its id from the draft.
 * @throws {SignatureRefusedError} The batch is not what its requester confirmed; nothing more is signed.
 */
export async function askForBatch(deps: WaveDeps, batch: BatchRow): Promise<void> {
  const { store, keyring } = deps;
  const wave = await findWave(store, batch.wave);
  const confirmed = readConfirmation(keyring, wave).batches.find(({ number }) => number === batch.number);
  const now = await readBatchDigest(store, batch.wave, batch.number);
  if (confirmed === undefined || confirmed.digest !== now.digest) throw new SignatureRefusedError("wave");
  for (let unsent = await listUnsent(store, batch); unsent.length > 0; unsent = await listUnsent(store, batch)) {
    const stops = await findStops(deps, unsent);
    await sendChunk(deps, wave.requester, unsent, stops);
  }
  await setBatch(store, batch, deps.now(), { state: "asking" });
}

function listUnsent(store: Store, { wave, number }: BatchKey): Promise<ItemRow[]> {
  return store
    .selectFrom("waveItem")
    .selectAll()
    .where("wave", "=", wave)
    .where("batch", "=", number)
    .where("sentAt", "is", null)
    .where("leftCode", "is", null)
    .orderBy("position")
    .limit(CHUNK)
    .execute();
}

/** What a form would have been sent back for, by envelope. */
async function findStops({ preflight }: WaveDeps, items: readonly ItemRow[]) {
  const stops = new Map<string, { code: string; text: string }>();
  await runBounded(items, PREFLIGHTS_AT_ONCE, async ({ envelopeId, entryId, content }) => {
    const { target, tags, shape } = RequestContent.parse(JSON.parse(content));
    const faults = await preflight({ entryId, target, tags, shape }).catch((error: unknown) => {
      if (!(error instanceof GloveboxError)) throw error;
      return error.retryable ? [] : [{ code: error.code, text: error.userMessage, blocks: true }];
    });
    const stop = faults.find(({ blocks }) => blocks);
    if (stop) stops.set(envelopeId, stop);
  });
  return stops;
}

async function sendChunk(
  { store, signer, now }: WaveDeps,
  requester: string,
  items: readonly ItemRow[],
  stops: ReadonlyMap<string, { code: string; text: string }>,
): Promise<void> {
  await store.transaction().execute(async (tx) => {
    const at = now();
    for (const { envelopeId, content: text } of items) {
      const stop = stops.get(envelopeId);
      if (stop) {
        await leaveBatch(tx, envelopeId, { ...stop, at });
        continue;
      }
      const content = RequestContent.parse(JSON.parse(text));
      if (content.requester !== requester) throw new SignatureRefusedError("wave");
      const kind = "migration-request" as const;
      const envelope: Envelope = {
        ...{ v: 1, id: envelopeId, kind, producer: "slack", producedAt: at.toISOString(), replaces: null, content },
      };
      const signed = signer.sign("envelope", Envelope.parse(envelope));
      await enqueueDelivery(tx, { kind: "envelope", subject: `envelope:${envelopeId}`, detail: { ...signed } });
      await tx.updateTable("waveItem").set({ sentAt: at }).where("envelopeId", "=", envelopeId).execute();
    }
  });
}

/** Notes what became of the envelopes. @returns How many have not arrived, and how many there are. */
export async function noteArrivals(
  { store }: Pick<WaveDeps, "store">,
  { wave, number }: BatchKey,
  at: Date,
): Promise<{ missing: number; all: number }> {
  await sql`
    update wave_item set request_id = request.id from request
    where request.envelope_id = wave_item.envelope_id and wave = ${wave} and batch = ${number} and request_id is null
  `.execute(store);
  await sql`
    update wave_item set left_code = refusal_code, left_text = refusal_text, left_at = ${at} from intake_message
    where intake_message.envelope_id = wave_item.envelope_id::text and refusal_code is not null
      and wave = ${wave} and batch = ${number} and left_code is null and wave_item.request_id is null
  `.execute(store);
  const silentSince = new Date(at.getTime() - INTAKE_WITHIN_MS);
  await sql`
    update wave_item set left_code = 'INTAKE_SILENT', left_text = ${SILENT}, left_at = ${at}
    where wave = ${wave} and batch = ${number} and left_code is null and request_id is null and sent_at < ${silentSince}
  `.execute(store);
  return store
    .selectFrom("waveItem")
    .select((eb) => [
      eb.fn.countAll<number>().filterWhere("requestId", "is", null).as("missing"),
      eb.fn.countAll<number>().as("all"),
    ])
    .where("wave", "=", wave)
    .where("batch", "=", number)
    .where("leftCode", "is", null)
    .executeTakeFirstOrThrow();
}

/** Once all envelopes have arrived, the batch waits for its approvers. */
export async function settleBatch(deps: WaveDeps, batch: BatchRow): Promise<void> {
  const { store, now, newSeed } = deps;
  const { wave, number } = batch;
  const at = now();
  const open = await noteArrivals(deps, batch, at);
  if (open.missing > 0) return;
  await store.transaction().execute(async (tx) => {
    const sampleSeed = newSeed();
    const state = open.all === 0 ? "ended" : "waiting";
    await setBatch(tx, batch, at, { state, sampleSeed, askedAt: at });
    await enqueueRedraw(tx, `wave-batch:${wave}_${number}`);
    await enqueueRedraw(tx, `wave:${wave}`);
    const content = { version: batch.version, itemCount: open.all, sampleSeed };
    await appendEvent(tx, at, {
      kind: "wave.batch-asked",
      actor: "glovebox",
      subject: `wave:${wave}`,
      content: { number, ...content },
    });
  });
}

const SILENT =
  "The intake queue did not take its request in within half an hour. If it does later, the request has a card of its own.";
