import type { SecretPath } from "../../catalog/secret-path.ts";
import type { Engine } from "../../store/tables/catalog.ts";

/** What the audit log says of a secret's readers. */
export interface UseFacts {
  readonly readsPerDay: number;
  /** Different clients, whatever addresses they come from. */
  readonly clientCount: number;
  /** Teams of glovebox.yaml among the readers, the heaviest first. */
  readonly teams: readonly string[];
}

/** What is known of a secret beside its name and its keys. */
export interface LaneKnowledge {
  /** The surest word on each: a person's before a suggestion. */
  readonly purpose: string | null;
  readonly environment: string | null;
  /** By a person or by Vault's custom metadata: a guess from names would only repeat the other two. */
  readonly classification: string | null;
  /** null: no audit log was read, so nothing can be said. */
  readonly use: UseFacts | null;
}

export const NOTHING_KNOWN: LaneKnowledge = { purpose: null, environment: null, classification: null, use: null };

/** All that a lane rests on: names, metadata, what people said, and evidence of use. Never a value. */
export interface LaneFacts extends SecretPath, LaneKnowledge {
  readonly engine: Engine;
  /** null: the engine does not tell without a read (KV v1), or not described yet. */
  readonly keyNames: readonly string[] | null;
}
