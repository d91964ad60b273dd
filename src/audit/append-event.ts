import { createHash } from "node:crypto";
import { type RawBuilder, sql } from "kysely";
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
  const { rows } = await sql<{ link: LinkPlace }>`select ${appendingEvent(at, fact)} as link`.execute(store);
  const [{ link } = { link: null }] = rows;
  if (link === null) throw new TypeError("the chain did not say where the event is");
  return linkAt(at, fact, link);
}

/** Where in the chain an event came to stand. */
export type LinkPlace = Pick<ChainLink, "seq" | "previousHash" | "hash">;

/** The call that appends, for a statement that does more. The chain's one end is locked when it is evaluated. */
export function appendingEvent(at: Date, fact: AuditFact): RawBuilder<LinkPlace> {
  return sql`append_event(${argumentsOf(at, fact)})`;
}

/** The same, where the link is known beforehand. The statement fails with `isChainMoved` if another event came before it. */
export function appendingLink({ at, hash, ...fact }: ChainLink): RawBuilder<LinkPlace> {
  return sql`append_expected_event(${hash}, ${argumentsOf(new Date(at), fact)})`;
}

/** The link that the fact will be, if nobody appends another one after `end`. */
export function nextLink(at: Date, fact: AuditFact, end: LinkPlace): ChainLink {
  const { kind, actor, subject, content } = fact;
  const link = { seq: end.seq + 1, at: at.toISOString(), kind, actor, subject, content, previousHash: end.hash };
  return { ...link, hash: linkHash(link) };
}

const CHAIN_MOVED_STATE = "GBC01"; // as append_expected_event raises it

export function isChainMoved(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === CHAIN_MOVED_STATE;
}

function argumentsOf(at: Date, { kind, actor, subject, content }: AuditFact): RawBuilder<unknown> {
  // RFC 8785 sorts: what the database adds, previousHash and seq, comes after these four and before the subject.
  const start = canonicalText({ actor, at: at.toISOString(), content, kind }).slice(0, -1);
  const [head, tail] = [`${start},"previousHash":"`, `,"subject":${canonicalText(subject)}}`];
  return sql`${at}, ${kind}, ${actor}, ${subject}, ${canonicalText(content)}, ${head}, ${tail}`;
}

export function linkAt(at: Date, fact: AuditFact, place: LinkPlace): ChainLink {
  return { ...fact, at: at.toISOString(), ...place };
}

/** SHA-256 over the link's canonical form without the hash itself. */
export function linkHash({ seq, at, kind, actor, subject, content, previousHash }: Omit<ChainLink, "hash">): string {
  const text = canonicalText({ seq, at, kind, actor, subject, content, previousHash });
  return createHash("sha256").update(text).digest("hex");
}
