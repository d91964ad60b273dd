import { patiently } from "./login/patiently.ts";
import { VaultRefusedError } from "./vault-errors.ts";

/** The status with which a dead token's call is refused; 200 if it still works. Anything passing is asked again. */
export async function refusedStatusOf(call: () => Promise<unknown>): Promise<number> {
  try {
    await patiently(call);
    return 200;
  } catch (error) {
    if (error instanceof VaultRefusedError) return error.statusCode;
    throw error;
  }
}
