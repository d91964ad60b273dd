import type { Store } from "./open-store.ts";

/**
 * What must reach Slack or SQS once the surrounding transaction has committed.
 * - `redraw`: every copy of the subject's card is drawn again, and posted where it is missing.
 * - `notice`: the requester (or `detail.to`) hears by DM what just happened to the subject; `detail.event` says what.
 * - `receipt`: the receipt of `migration:<id>` goes to the thread and to the requester.
 * - `relay`: a message (`detail.channel`, `detail.ts`) is carried across a support case; its text is read when sent.
 * - `envelope`: `detail` is a signed envelope for the intake queue.
 */
export type DeliveryKind = "redraw" | "notice" | "receipt" | "relay" | "envelope";

export interface Delivery {
  readonly kind: DeliveryKind;
  /** `request:<id>`, `case:<id>`, `migration:<id>` or `envelope:<id>`. */
  readonly subject: string;
  readonly detail?: Readonly<Record<string, unknown>>;
  /** Deliveries that wait with one key go out as one: whoever claims the first takes the others with it. */
  readonly dedupeKey?: string;
}

/**
 * Puts a delivery into the outbox, which rings for it when the surrounding transaction commits. Call it inside the
 * transaction that makes it true.
 * Equal keys meet when they are claimed, not here: a redraw dropped now, because an older one waits, would be lost if
 * that one reads its state before this transaction commits.
 */
export async function enqueueDelivery(store: Store, delivery: Delivery): Promise<void> {
  await store.insertInto("outbox").values(outboxRow(delivery)).execute();
}

/** Every copy of a subject's card will be drawn again; several redraws that wait become one. */
export async function enqueueRedraw(store: Store, subject: string): Promise<void> {
  await enqueueDelivery(store, redrawOf(subject));
}

/** For statements that write more than the outbox. */
export function redrawOf(subject: string): Delivery {
  return { kind: "redraw", subject, dedupeKey: `redraw:${subject}` };
}

export function outboxRow({ kind, subject, detail = {}, dedupeKey }: Delivery) {
  return { kind, subject, detail: JSON.stringify(detail), dedupeKey: dedupeKey ?? null };
}
