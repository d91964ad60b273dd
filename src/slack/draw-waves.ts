import { loadBatchView } from "../migration/waves/load-batch-view.ts";
import { waveOfEnvelope } from "../migration/waves/wave-member.ts";
import { batchId, parseBatchId } from "../migration/waves/wave-name.ts";
import type { BatchKey } from "../migration/waves/wave-rows.ts";
import type { WaveState } from "../migration/waves/wave-state.ts";
import type { Store } from "../store/open-store.ts";
import { batchCard } from "./batch-card.ts";
import { CARD, drawCard, drawDirect, knownCard } from "./card-places.ts";
import type { Desk, Place } from "./slack-desk.ts";
import type { ViewSettings } from "./view-settings.ts";
import { waveCard } from "./wave-card.ts";
import { waveNotice } from "./wave-notice.ts";

export interface DrawWaveDeps {
  readonly store: Store;
  readonly desk: Desk;
  readonly settings: ViewSettings;
  readonly channels: { readonly approvals: string };
  loadWaveState(name: string): Promise<WaveState | null>;
}

/** The requester's copy from the draft on; the operators' one once the requester has sent it. */
export async function drawWave(deps: DrawWaveDeps, name: string): Promise<void> {
  const wave = await deps.loadWaveState(name);
  if (!wave) return;
  const subject = `wave:${name}`;
  const direct = { subject, kind: CARD.waveDirect, userId: wave.requester };
  await drawDirect(deps, direct, waveCard(wave, "requester"));
  if (["draft", "dropped", "expired"].includes(wave.state)) return;
  const inChannel = { subject, kind: CARD.wave, channel: deps.channels.approvals };
  await drawCard(deps, inChannel, waveCard(wave, "operators"));
}

/** A batch that is asked for again gets a card of its own, for an edited one tells nobody; the older ones follow. */
export async function drawBatch(deps: DrawWaveDeps, id: string): Promise<void> {
  const key = parseBatchId(id);
  const view = key && (await loadBatchView(deps.store, key));
  if (!view || view.batch.state === "planned" || view.batch.state === "asking") return;
  const card = batchCard(view, deps.settings);
  const subject = `wave-batch:${id}`;
  for (let version = 1; version <= view.batch.version; version += 1) {
    const kind = cardKind(version);
    const isNewest = version === view.batch.version;
    if (!isNewest && !(await knownCard(deps.store, { subject, kind }))) continue;
    await drawCard(deps, { subject, kind, channel: deps.channels.approvals }, card);
  }
}

const cardKind = (version: number): string => `${CARD.batch}-${version}`;

/** The root of a batch's thread: where what failed of it is shown. */
export async function batchThread(store: Store, batch: BatchKey): Promise<Place | undefined> {
  return store
    .selectFrom("card")
    .select(["channel", "ts"])
    .where("subject", "=", `wave-batch:${batchId(batch)}`)
    .orderBy("id", "desc")
    .limit(1)
    .executeTakeFirst();
}

export async function sendWaveNotice(
  { desk, loadWaveState, channels }: DrawWaveDeps,
  name: string,
  detail: Readonly<Record<string, unknown>>,
): Promise<void> {
  const wave = await loadWaveState(name);
  if (!wave) return;
  const notice = waveNotice(wave, detail);
  // An edited card tells nobody: what approvers and operators must hear is posted.
  if (detail.to === "approvers") await desk.post(channels.approvals, notice);
  else await desk.sendDirect(wave.requester, notice);
}

/** A refused form of a wave is one of its exceptions, and no message of its own. */
export async function isOfWave(store: Store, envelopeId: string): Promise<boolean> {
  return (await waveOfEnvelope(store, envelopeId)) !== null;
}
