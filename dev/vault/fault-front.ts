import { type Fault, FaultList, type FaultTiming } from "../faults/fault-list.ts";
import { startHttpFront } from "../faults/http-front.ts";

export interface VaultCall {
  readonly method: string;
  /** Without `/v1/` and without the query: `sys/health`. */
  readonly path: string;
}

export type VaultFaultKind =
  | "throttle"
  | "sealed"
  | "server-error"
  | "precondition"
  | "access-denied"
  | "slow"
  | "cut"
  | "lost-answer"
  | "half-answer";

export interface VaultFault extends FaultTiming {
  readonly kind: VaultFaultKind;
  /** "GET", "POST", "LIST"…; every method unless told. */
  readonly method?: string;
  /** Tested on the path without `/v1/`; every path unless told. */
  readonly path?: RegExp;
  /** For "slow"; 1,000 unless told. */
  readonly delayMs?: number;
  /** For "throttle": the Retry-After header; none unless told. */
  readonly retryAfterSeconds?: number;
}

export interface VaultFront {
  /** Stands for VAULT_ADDR. */
  readonly address: string;
  /** Orders a fault for a later call. Several may wait; each counts the calls that it matches. */
  fault(fault: VaultFault): void;
  clearFaults(): void;
  /** What was called, in order; no bodies, no tokens. */
  calls(): (VaultCall & { readonly at: Date })[];
  /** Vault cannot be reached: every connection is cut until `down(false)`. */
  down(isDown: boolean): void;
  stop(): Promise<void>;
}

/** A front before a Vault that passes everything on, and has faults on order. */
export async function startVaultFront(vaultAddress: string): Promise<VaultFront> {
  const faults = new FaultList<VaultCall>();
  const { url, ...front } = await startHttpFront<VaultCall>({
    target: vaultAddress,
    faults,
    nameCall: ({ method, path }) => ({ method, path: path.split("?")[0]?.replace(/^\/v1\//, "") ?? "" }),
  });
  return {
    ...front,
    address: url,
    fault: ({ kind, method, path, delayMs = 1_000, retryAfterSeconds, ...timing }) => {
      const matches = (call: VaultCall): boolean =>
        (method === undefined || call.method === method) && (path === undefined || call.path.search(path) !== -1);
      faults.add(matches, () => faultOf(kind, delayMs, retryAfterSeconds), timing);
    },
    clearFaults: () => faults.clear(),
  };
}

/** Statuses and texts as Vault gives them: https://developer.hashicorp.com/vault/api-docs#http-status-codes */
function faultOf(kind: VaultFaultKind, delayMs: number, retryAfterSeconds: number | undefined): Fault {
  const answer = (status: number, errors: string[], headers: Record<string, string> = {}): Fault => ({
    does: "answer",
    answer: { status, headers: { "content-type": "application/json", ...headers }, body: JSON.stringify({ errors }) },
  });
  const retryAfter = retryAfterSeconds === undefined ? undefined : { "retry-after": String(retryAfterSeconds) };
  const faults: Record<VaultFaultKind, () => Fault> = {
    throttle: () => answer(429, ["request path: rate limit quota exceeded"], retryAfter),
    sealed: () => answer(503, ["Vault is sealed"]),
    "server-error": () => answer(500, ["internal error"]),
    precondition: () => answer(412, ["required index state not present"]),
    "access-denied": () => answer(403, ["1 error occurred:\n\t* permission denied\n\n"]),
    slow: () => ({ does: "delay", delayMs }),
    cut: () => ({ does: "cut" }),
    "lost-answer": () => ({ does: "lose-answer" }),
    "half-answer": () => ({ does: "halve-answer" }),
  };
  return faults[kind]();
}
