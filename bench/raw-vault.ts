import { callHttp } from "../src/vault/http-call.ts";
import type { Credentials } from "../src/vault/setup/credentials.ts";

const TIMEOUT_MS = 5_000;

/**
 * One bare call to Vault: the engine's own HTTP call, so that no ratio measures one client against another, and nothing
 * around it. @throws Error On any status but the expected one.
 */
export type RawVault = (
  expected: number,
  method: string,
  path: string,
  token: string,
  body?: Readonly<Record<string, unknown>>,
) => Promise<string>;

export function openRawVault(address: string): RawVault {
  return async (expected, method, path, token, body) => {
    const { statusCode, text } = await callHttp(new URL(`${address}/v1/${path}`), {
      method,
      headers: { "X-Vault-Request": "true", ...(token !== "" && { "X-Vault-Token": token }) },
      body: body === undefined ? null : JSON.stringify(body),
      timeoutMs: TIMEOUT_MS,
    });
    if (statusCode !== expected) throw new Error(`${method} ${path}: ${statusCode}, not ${expected}`);
    return text;
  };
}

/** @returns The token and its accessor. */
export async function loginRaw(
  call: RawVault,
  authMount: string,
  { roleId, secretId }: Credentials,
): Promise<{ token: string; accessor: string }> {
  const answer = await call(200, "POST", `auth/${authMount}/login`, "", {
    role_id: roleId,
    secret_id: secretId.reveal(),
  });
  const { auth } = JSON.parse(answer) as { auth: { client_token: string; accessor: string } };
  return { token: auth.client_token, accessor: auth.accessor };
}
