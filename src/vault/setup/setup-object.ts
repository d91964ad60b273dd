import canonicalize from "canonicalize";

export type Fields = Readonly<Record<string, unknown>>;

/** One thing that Glovebox needs in Vault: how it must be, how it is, and how it is made so. */
export interface SetupObject {
  /** `policy gb-admin`. */
  readonly title: string;
  /** Every field that is ours to say; others are left as they are. */
  readonly wanted: Fields;
  /** What `write` calls, for the rights that it takes. */
  readonly writes: readonly string[];
  /** The same fields as they are in Vault, or null: there is no such object. */
  live(): Promise<Fields | null>;
  write(): Promise<void>;
}

/** An object that is not as it must be. */
export interface SetupChange {
  readonly object: SetupObject;
  /** null: it is missing. */
  readonly live: Fields | null;
}

/** The order of fields says nothing in Vault. */
export function isSame(a: unknown, b: unknown): boolean {
  return canonicalize(a) === canonicalize(b);
}

/** @returns Those that differ, in the order in which they are to be written. */
export async function findChanges(objects: readonly SetupObject[]): Promise<SetupChange[]> {
  const changes: SetupChange[] = [];
  for (const object of objects) {
    const live = await object.live();
    if (!isSame(live, object.wanted)) changes.push({ object, live });
  }
  return changes;
}
