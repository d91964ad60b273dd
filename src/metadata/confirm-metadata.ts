import { appendEvent } from "../audit/append-event.ts";
import type { Store } from "../store/open-store.ts";
import { FIELDS, type Field } from "./suggestion.ts";

export interface Confirmation {
  readonly entryId: number;
  /** Fields left empty are not confirmed and keep an earlier confirmation. */
  readonly values: Partial<Record<Field, string>>;
  /** Slack user id. */
  readonly by: string;
  readonly now: Date;
}

/** Records what a person said of an entry. A later word replaces an earlier one; the audit chain keeps both. */
export async function confirmMetadata(store: Store, { entryId, values, by, now }: Confirmation): Promise<void> {
  const said = FIELDS.flatMap((field) => {
    const value = values[field]?.trim() ?? "";
    return value === "" ? [] : [{ entryId, field, value, confirmedBy: by, confirmedAt: now }];
  });
  if (said.length === 0) return;
  const write = async (tx: Store): Promise<void> => {
    await tx
      .insertInto("metadataConfirmation")
      .values(said)
      .onConflict((conflict) =>
        conflict.columns(["entryId", "field"]).doUpdateSet((row) => ({
          value: row.ref("excluded.value"),
          confirmedBy: row.ref("excluded.confirmedBy"),
          confirmedAt: row.ref("excluded.confirmedAt"),
        })),
      )
      .execute();
    const content = Object.fromEntries(said.map(({ field, value }) => [field, value]));
    await appendEvent(tx, now, { kind: "metadata.confirmed", actor: by, subject: `entry:${entryId}`, content });
  };
  // Called alone, or inside the transaction that accepts a form.
  await (store.isTransaction ? write(store) : store.transaction().execute(write));
}
