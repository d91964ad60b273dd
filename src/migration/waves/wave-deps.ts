import type { DecideDeps } from "../../approvals/approve-request.ts";
import type { PreflightFault, PreflightInput } from "../preflight-fault.ts";

/** What the bot needs to carry waves on. */
export interface WaveDeps extends DecideDeps {
  /** How often the gate opens in an hour: the runner keeps below it. */
  readonly maxPerHour: number;
  /** How long a draft waits for its requester: as long as a request for its approvers. */
  readonly expireAfterHours: number;
  /** Judges a wish as a form's is judged. A failure to ask AWS is no fault. */
  readonly preflight: (input: PreflightInput) => Promise<readonly PreflightFault[]>;
  /** Looks at the secret's metadata in Vault again; a Vault that does not answer is no hindrance. */
  readonly lookAgain: (entryId: number) => Promise<void>;
  readonly newSeed: () => string;
}
