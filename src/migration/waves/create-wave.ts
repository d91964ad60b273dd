import { refuseSecrets } from "../../approvals/send-request.ts";
import { appendEvent } from "../../audit/append-event.ts";
import { canonicalText } from "../../audit/signing.ts";
import type { FieldOptions } from "../../metadata/suggestion.ts";
import type { Store } from "../../store/open-store.ts";
import { enqueueRedraw } from "../../store/outbox.ts";
import { keepTagOverflow } from "../keep-tag-overflow.ts";
import type { PlanInput } from "../plan/plan-estate.ts";
import { chooseRows, type WaveSelection } from "./choose-rows.ts";
import { describeItems } from "./describe-items.ts";
import { type DraftItem, type DraftWishes, draftItem, type EntryInVault } from "./draft-items.ts";
import { type BatchDigest, digestOfItems, digestOfWave } from "./wave-digest.ts";
import { WaveEmptyError, WaveNameTakenError } from "./wave-errors.ts";
import type { WaveException } from "./wave-exception.ts";
import { fits } from "./wave-filter.ts";

/** The approvals channel can't take more on one card, and a person can't take in more. */
export const MAX_BATCH = 500;

export interface CreateWaveDeps {
  readonly store: Store;
  readonly now: () => Date;
  readonly newId: () => string;
  /** Hears now and then how far it is. */
  readonly report: (line: string) => void;
  /** Called before anything is stored; what it throws leaves no wave behind. */
  readonly keepExceptions?: (exceptions: readonly WaveException[]) => Promise<void>;
}

export interface WaveDraft extends DraftWishes {
  readonly name: string;
  /** `operator:name`. */
  readonly by: string;
  readonly selection: WaveSelection;
  /** The same in the operator's words, for the cards. */
  readonly selectionText: string;
  readonly plan: PlanInput;
  readonly options: FieldOptions;
  readonly pilotSize: number;
  readonly batchSize: number;
  readonly stopAfter: number;
}

export interface CreatedWave {
  readonly itemCount: number;
  /** Items by batch, the pilot first. */
  readonly batchSizes: readonly number[];
  readonly exceptions: readonly WaveException[];
}

/**
 * Makes the draft of a wave: what is ready becomes its items, everything else that was chosen is named as an exception.
 * Nothing is asked for before its requester confirms the draft in Slack.
 * @throws {WaveEmptyError} {WaveNameTakenError} {LooksLikeSecretError} Nothing was made.
 */
export async function createWave(deps: CreateWaveDeps, draft: WaveDraft): Promise<CreatedWave> {
  refuseSecrets({ reason: draft.reason, tags: {} });
  const { items, exceptions } = await draftItems(deps, draft);
  if (items.length === 0) throw new WaveEmptyError(exceptions.length);
  const batches = splitBatches(items, draft);
  await deps.keepExceptions?.(exceptions);
  await storeDraft(deps, draft, batches, exceptions);
  return { itemCount: items.length, batchSizes: batches.map(({ length }) => length), exceptions };
}

async function draftItems({ store, now, report }: CreateWaveDeps, draft: WaveDraft) {
  const { selection, plan, options } = draft;
  const { chosen, exceptions } = await chooseRows({ store, now, lookUp: null }, plan, selection);
  const owner = selection.kind === "filter" ? selection.filter.owner : undefined;
  // Everybody's owner is needed to choose by it; else only what is ready needs a word about it.
  const asked = chosen.flatMap(({ row }) =>
    row.entryId !== null && (owner !== undefined || row.verdict === "ready") ? [row.entryId] : [],
  );
  const said = await describeItems({ store, now, options, report }, asked);
  const inVault = await readEntries(store, asked);
  const items: DraftItem[] = [];
  const all: WaveException[] = [...exceptions];
  for (const one of chosen) {
    const entryId = one.row.entryId ?? -1;
    const known = said.get(entryId) ?? {};
    if (!fits(owner, known.ownerTeam?.value ?? "")) continue;
    const drafted = draftItem(one, known, inVault.get(entryId), { ...draft, rule: plan.rule });
    if ("item" in drafted) items.push(drafted.item);
    else all.push(drafted.exception);
  }
  return { items, exceptions: all };
}

async function readEntries(store: Store, entryIds: readonly number[]): Promise<ReadonlyMap<number, EntryInVault>> {
  const entries = new Map<number, EntryInVault>();
  for (const page of pagesOf(entryIds, MAX_BATCH)) {
    const query = store.selectFrom("entry").select(["id", "mountAccessor", "customMetadata"]);
    for (const { id, ...entry } of await query.where("id", "in", page).execute()) entries.set(id, entry);
  }
  return entries;
}

function splitBatches(items: readonly DraftItem[], { pilotSize, batchSize }: WaveDraft): DraftItem[][] {
  const pilot = Math.min(pilotSize, MAX_BATCH);
  return [items.slice(0, pilot), ...pagesOf(items.slice(pilot), Math.min(batchSize, MAX_BATCH))];
}

function pagesOf<T>(all: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, page) => all.slice(page * size, (page + 1) * size));
}

async function storeDraft(
  { store: db, now, newId }: CreateWaveDeps,
  draft: WaveDraft,
  batches: readonly (readonly DraftItem[])[],
  exceptions: readonly WaveException[],
): Promise<void> {
  const { name, requester, by, reason, selectionText: selection, stopAfter } = draft;
  let position = 0;
  const rows = batches.map((items, index) =>
    items.map(({ entryId, content, notes }) => ({
      envelopeId: newId(),
      wave: name,
      batch: index + 1,
      position: ++position,
      entryId,
      content: canonicalText(content),
      notes: JSON.stringify(notes),
    })),
  );
  const digests: BatchDigest[] = rows.map((items, index) => digestOfItems(index + 1, items));
  const itemsDigest = digestOfWave(digests);
  await db.transaction().execute(async (tx) => {
    const at = now();
    const made = await tx
      .insertInto("wave")
      .values({
        ...{ name, requester, createdBy: by, reason, selection, stopAfter, itemsDigest },
        ...{ state: "draft", createdAt: at, changedAt: at },
      })
      .onConflict((conflict) => conflict.column("name").doNothing())
      .returning("name")
      .executeTakeFirst();
    if (!made) throw new WaveNameTakenError(name);
    const planned = digests.map(({ number }) => ({ wave: name, number, state: "planned" as const, changedAt: at }));
    for (const page of pagesOf(planned, MAX_BATCH)) await tx.insertInto("waveBatch").values(page).execute();
    for (const page of rows) await tx.insertInto("waveItem").values(page).execute();
    for (const page of pagesOf(exceptions, MAX_BATCH)) {
      await tx
        .insertInto("waveException")
        .values(page.map((one) => ({ wave: name, ...one })))
        .execute();
    }
    for (const { entryId, overflow } of batches.flat()) {
      if (overflow.leftOut.length > 0) await keepTagOverflow(tx, { entryId, ...overflow, at });
    }
    await enqueueRedraw(tx, `wave:${name}`);
    await appendEvent(tx, at, {
      kind: "wave.drafted",
      actor: by,
      subject: `wave:${name}`,
      content: { requester, selection, itemsDigest, itemCount: position, exceptionCount: exceptions.length },
    });
  });
}
