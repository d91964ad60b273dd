import { codeOf } from "../errors.ts";

/** A server that is silent for longer counts as one that does not answer. */
export const PATIENCE_MS = 8_000;

/** Codes of pg, Node, Redis and the AWS SDK. Their messages stay out: they may quote what was sent. */
const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens there",
  ERR_INVALID_URL: "it is no URL",
  ECONNRESET: "it cut the connection",
  ENOTFOUND: "there is no such host",
  EAI_AGAIN: "the host's name can't be looked up",
  ETIMEDOUT: "it does not answer",
  "28P01": "it refuses the user or the password",
  "28000": "it refuses the user",
  "3D000": "there is no such database",
  WRONGPASS: "it refuses the password",
  NOAUTH: "it wants a password",
  QueueDoesNotExist: "there is no such queue",
  CredentialsProviderError: "there are no AWS credentials",
};

/** @returns What is wrong, in one line that begins with the variable to look at, or nothing. */
export async function tried(variable: string, what: string, call: () => Promise<void>): Promise<string[]> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(resolve, PATIENCE_MS, `no answer within ${PATIENCE_MS / 1_000} s`);
  });
  const outcome = call().then(
    () => null,
    (error: unknown) => WORDS[codeOf(error)] ?? `it failed with ${codeOf(error)}`,
  );
  const fault = await Promise.race([outcome, late]).finally(() => clearTimeout(timer));
  return fault === null ? [] : [`${variable}: ${what} can't be used: ${fault}`];
}
