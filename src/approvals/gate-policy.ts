import type { RequestSource } from "./content.ts";

/** What Vault's policy says may be touched right now: nothing, or one path. */
export interface GateHold {
  readonly source: RequestSource;
  readonly requestId: string;
}

/** Names one audit event. The number alone would not do: a restored database soon counts past it again. */
export interface GateMark {
  readonly seq: number;
  /** Its hash in the chain: 64 hex digits. */
  readonly hash: string;
}

/** The gate's identity in Vault: it writes one policy and can do nothing else. */
export interface GatePolicy {
  /** Opens exactly this path for this request, and reads the policy back. */
  open(hold: GateHold): Promise<void>;
  close(): Promise<void>;
  /** @param except Being open for exactly this does not count. */
  isOpen(except?: GateHold): Promise<boolean>;
  /** The newest audit event that Vault remembers, or null. */
  readMark(): Promise<GateMark | null>;
  writeMark(mark: GateMark): Promise<void>;
}
