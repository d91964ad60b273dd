import { type Fault, FaultList, type FaultTiming, type FrontAnswer } from "../../faults/fault-list.ts";
import { startHttpFront } from "../../faults/http-front.ts";
import { type AwsCall, awsError, nameAwsCall } from "../aws-call.ts";
import { ruleSecretsManager } from "./secrets-manager-rules.ts";

export type AwsFaultKind =
  | "throttle"
  | "server-error"
  | "access-denied"
  | "expired-token"
  | "limit"
  | "key-failure"
  | "decrypt-failure"
  | "slow"
  | "cut"
  | "lost-answer"
  | "half-answer";

export interface AwsFault extends FaultTiming {
  readonly kind: AwsFaultKind;
  /** "secretsmanager" unless told: the service's name in signatures. */
  readonly service?: string;
  /** "PutSecretValue"; every action of the service unless told. */
  readonly action?: string;
  /** For "slow"; 1,000 unless told. */
  readonly delayMs?: number;
}

export interface AwsFront {
  /** The AWS endpoint for Glovebox. */
  readonly url: string;
  /** Orders a fault for a later call. Several may wait; each counts the calls that it matches. */
  fault(fault: AwsFault): void;
  clearFaults(): void;
  /** What was called, in order; no bodies. */
  calls(): (AwsCall & { readonly at: Date })[];
  /** What DescribeSecret says of every replica, as long as AWS is still copying; null: what moto says, which is at once. */
  replicasAre(status: "InProgress" | null): void;
  /** AWS cannot be reached: every connection is cut until `down(false)`. */
  down(isDown: boolean): void;
  stop(): Promise<void>;
}

/** A front before moto that answers as AWS does where moto is lax, and has faults on order. */
export async function startAwsFront(motoUrl: string): Promise<AwsFront> {
  const faults = new FaultList<AwsCall>();
  let replicaStatus: string | null = null;
  const front = await startHttpFront({
    target: motoUrl,
    faults,
    nameCall: nameAwsCall,
    rule: async (call, request, askTarget) => {
      if (call.service !== "secretsmanager") return undefined;
      if (replicaStatus !== null && call.action === "DescribeSecret") {
        return { answer: withReplicaStatus(await askTarget(request), replicaStatus) };
      }
      return ruleSecretsManager(call, request, askTarget);
    },
  });
  return {
    ...front,
    fault: ({ kind, service = "secretsmanager", action, delayMs = 1_000, ...timing }) => {
      const matches = (call: AwsCall): boolean =>
        call.service === service && (action === undefined || call.action === action);
      faults.add(matches, (call) => faultOf(kind, call, delayMs), timing);
    },
    clearFaults: () => faults.clear(),
    replicasAre: (status) => {
      replicaStatus = status;
    },
  };
}

function withReplicaStatus({ status, body }: { status: number; body: string }, said: string): FrontAnswer {
  const described = JSON.parse(body) as { ReplicationStatus?: object[] };
  const replicas = described.ReplicationStatus?.map((replica) => ({ ...replica, Status: said }));
  const headers = { "content-type": "application/x-amz-json-1.1" };
  return { status, headers, body: JSON.stringify({ ...described, ...(replicas && { ReplicationStatus: replicas }) }) };
}

/** Names of errors: aws.md section 2; STS says "Throttling" and "AccessDenied", as query services do. */
function faultOf(kind: AwsFaultKind, call: AwsCall, delayMs: number): Fault {
  const isQuery = call.service === "sts";
  const answer = (status: number, code: string, message: string): Fault => ({
    does: "answer",
    answer: awsError(call, status, code, message),
  });
  const faults: Record<AwsFaultKind, () => Fault> = {
    throttle: () => answer(400, isQuery ? "Throttling" : "ThrottlingException", "Rate exceeded"),
    "server-error": () =>
      answer(500, SERVER_ERRORS[call.service] ?? "InternalFailure", "An error occurred on the server side."),
    "access-denied": () =>
      answer(
        isQuery ? 403 : 400,
        isQuery ? "AccessDenied" : "AccessDeniedException",
        `User: arn:aws:iam::123456789012:user/practice is not authorized to perform: ${call.service}:${call.action}`,
      ),
    "expired-token": () =>
      answer(isQuery ? 403 : 400, isQuery ? "ExpiredToken" : "ExpiredTokenException", "The security token is expired"),
    limit: () => answer(400, "LimitExceededException", "You've exceeded the limit of secrets in this account."),
    "key-failure": () => answer(400, "EncryptionFailure", "Secrets Manager can't encrypt with that KMS key."),
    "decrypt-failure": () => answer(400, "DecryptionFailure", "Secrets Manager can't decrypt with that KMS key."),
    slow: () => ({ does: "delay", delayMs }),
    cut: () => ({ does: "cut" }),
    "lost-answer": () => ({ does: "lose-answer" }),
    "half-answer": () => ({ does: "halve-answer" }),
  };
  return faults[kind]();
}

const SERVER_ERRORS: Record<string, string> = { secretsmanager: "InternalServiceError", kms: "KMSInternalException" };
