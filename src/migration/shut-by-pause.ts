import { GateRefusedError } from "../approvals/gate-errors.ts";
import type { GloveboxError } from "../errors.ts";
import type { Store } from "../store/open-store.ts";

/**
 * A pause shuts the gate under whoever holds it open, and Vault only says no to that. It is no fault: the move waits for the
 * resume, as it does wherever else the pause meets it.
 */
export async function causeOfShutGate(store: Store, cause: GloveboxError): Promise<GloveboxError> {
  if (cause.code !== "GATE_CLOSED") return cause;
  const looking = store.selectFrom("control").select("isPaused").executeTakeFirst();
  const control = await looking.catch(() => undefined); // with a lost database nothing can be recorded either
  return control?.isPaused === true ? new GateRefusedError("GATE_PAUSED") : cause;
}
