import { createHash } from "node:crypto";
import { sql } from "kysely";
import type { Store } from "../store/open-store.ts";
import { canonicalText } from "./signing.ts";

export interface AuditFact {
  /** What happened, as `<area>.<verb>`: `request.approved`, `lease.opened`. */
  readonly kind: string;
  /** A Slack user id, or the process that acted: `worker`, `gate`, `operator`. */
  readonly actor: string;
  /** What it happened to: `request:RQ-1001`, `migration:<uuid>`. */
  readonly subject: string;
  /** Names, ids, versions, times. Never a value. */
  readonly content: Readonly<Record<string, unknown>>;
}

export interface ChainLink extends AuditFact {
  readonly seq: number;
  readonly at: string;
  readonly previousHash: string;
  readonly hash: string;
}

export const GENESIS_HASH = "0".repeat(64);

/**
 * Appends to the hash chain. Call it inside the transaction that makes the fact true, as the last statement:
 * the chain stays locked until that transaction ends.
 */
export async function appendEvent(store: Store, at: Date, fact: AuditFact): Promise<ChainLink> {
  const { lastSeq, lastHash } = await lockChainEnd(store);
  const seq = (lastSeq ?? 0) + 1;
  const previousHash = lastHash ?? GENESIS_HASH;
  const hash = linkHash({ ...fact, seq, at: at.toISOString(), previousHash });
  const { kind, actor, subject } = fact;
  const content = canonicalText(fact.content);
  await store.insertInto("auditEvent").values({ seq, at, kind, actor, subject, content, previousHash, hash }).execute();
  return { ...fact, seq, at: at.toISOString(), previousHash, hash };
}

interface ChainEnd {
  readonly lastSeq: number | null;
  readonly lastHash: string | null;
}

/** One writer at a time: the chain has one end. */
async function lockChainEnd(store: Store): Promise<ChainEnd> {
  const { rows } = await sql<ChainEnd>`select * from lock_chain_end()`.execute(store);
  return rows[0] ?? { lastSeq: null, lastHash: null };
}

/** SHA-256 over the link's canonical form without the hash itself. */
export function linkHash({ seq, at, kind, actor, subject, content, previousHash }: Omit<ChainLink, "hash">): string {
  const text = canonicalText({ seq, at, kind, actor, subject, content, previousHash });
  return createHash("sha256").update(text).digest("hex");
}
