import {
  TargetAccessDeniedError,
  TargetError,
  type TargetFailure,
  TargetKeyError,
  TargetLimitError,
  TargetNotFoundError,
  TargetPolicyError,
  TargetRefusedError,
  TargetTakenError,
  TargetThrottledError,
  TargetTombstonedError,
  TargetUnavailableError,
} from "../migration/target-errors.ts";

type TargetErrorClass = new (failure: TargetFailure) => TargetError;

/**
 * By `err.name`: nearly all of them are HTTP 400, so the status tells little.
 * @see https://docs.aws.amazon.com/secretsmanager/latest/apireference/CommonErrors.html
 */
const ERROR_BY_NAME: Readonly<Record<string, TargetErrorClass>> = {
  ResourceExistsException: TargetTakenError,
  ResourceNotFoundException: TargetNotFoundError,
  LimitExceededException: TargetLimitError,
  EncryptionFailure: TargetKeyError,
  EncryptionFailureException: TargetKeyError,
  DecryptionFailure: TargetKeyError,
  DecryptionFailureException: TargetKeyError,
  MalformedPolicyDocumentException: TargetPolicyError,
  PublicPolicyException: TargetPolicyError,
  PreconditionNotMetException: TargetPolicyError,
  InternalServiceError: TargetUnavailableError,
  InternalServiceErrorException: TargetUnavailableError,
  ServiceUnavailable: TargetUnavailableError,
  TimeoutError: TargetUnavailableError,
  AbortError: TargetUnavailableError,
  ThrottlingException: TargetThrottledError,
  Throttling: TargetThrottledError,
  ThrottledException: TargetThrottledError,
  RequestThrottled: TargetThrottledError,
  RequestLimitExceeded: TargetThrottledError,
  TooManyRequestsException: TargetThrottledError,
  SlowDown: TargetThrottledError,
  AccessDeniedException: TargetAccessDeniedError,
  AccessDenied: TargetAccessDeniedError,
  NotAuthorized: TargetAccessDeniedError,
  UnrecognizedClientException: TargetAccessDeniedError,
  InvalidClientTokenId: TargetAccessDeniedError,
  InvalidSignatureException: TargetAccessDeniedError,
  IncompleteSignature: TargetAccessDeniedError,
  MissingAuthenticationTokenException: TargetAccessDeniedError,
  ExpiredTokenException: TargetAccessDeniedError,
  ExpiredToken: TargetAccessDeniedError,
  RequestExpired: TargetAccessDeniedError,
  OptInRequired: TargetAccessDeniedError,
  CredentialsProviderError: TargetAccessDeniedError,
};

/** The few things that we look at in what the SDK threw. */
interface Thrown {
  readonly name?: unknown;
  readonly message?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: unknown; readonly requestId?: unknown };
}

/**
 * Our own error for what the SDK threw. The original is dropped, not kept as `cause`: it belongs to a call that carried
 * a value.
 */
export function mapTargetError(thrown: unknown, call: Pick<TargetFailure, "operation" | "target">): TargetError {
  if (thrown instanceof TargetError) return thrown; // from the call's credentials, mapped already
  const { name, message, $metadata } = (typeof thrown === "object" && thrown !== null ? thrown : {}) as Thrown;
  const failure: TargetFailure = { ...call, awsError: plainName(name), awsRequestId: plainName($metadata?.requestId) };
  if (name === "InvalidRequestException") {
    // One name for several wrong states; only the text tells a tombstone from the rest.
    const isTombstone = typeof message === "string" && /delet/i.test(message);
    return isTombstone ? new TargetTombstonedError(failure) : new TargetRefusedError(failure);
  }
  const known = typeof name === "string" ? ERROR_BY_NAME[name] : undefined;
  return new (known ?? classOfStatus($metadata?.httpStatusCode, isUnread(name)))(failure);
}

/**
 * The SDK could not read the answer: its connection was cut in the middle, or it is none of AWS's. Then even a 400 may be
 * the first half of "not found", and a 200 that of a success. AWS's own errors have names of their own.
 */
function isUnread(name: unknown): boolean {
  return name === "Error" || name === "SyntaxError";
}

/** No status at all means that no answer came: the network, a name that doesn't resolve, a closed connection. */
function classOfStatus(status: unknown, isUnread: boolean): TargetErrorClass {
  if (typeof status !== "number" || status >= 500) return TargetUnavailableError;
  if (status === 429) return TargetThrottledError;
  if (status === 401 || status === 403) return TargetAccessDeniedError;
  return isUnread ? TargetUnavailableError : TargetRefusedError;
}

/** Error names and request ids are short words; anything else is not what it seems and stays out of the log. */
function plainName(text: unknown): string | undefined {
  return typeof text === "string" && /^[\w.:-]{1,80}$/.test(text) ? text : undefined;
}
