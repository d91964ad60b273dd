/** Who did it, as Vault's audit log names them; "" where it does not tell. */
export interface Client {
  readonly entityId: string;
  readonly role: string;
  readonly displayName: string;
  readonly address: string;
}

/** One successful read or write of one path. Never what was read or written. */
export interface Use {
  readonly namespace: string;
  readonly mount: string;
  /** As the catalogue names it: KV v2 without `data/`, a role as `static-roles/ledger`. */
  readonly path: string;
  readonly kind: "read" | "write";
  readonly client: Client;
  /** Milliseconds of the epoch. */
  readonly atMs: number;
}
