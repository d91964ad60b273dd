import type { Credentials } from "../src/vault/setup/credentials.ts";

/** One bare call to Vault, with nothing between it and `fetch`. @throws Error On any status but the expected one. */
export type RawVault = (
  expected: number,
  method: string,
  path: string,
  token: string,
  body?: Readonly<Record<string, unknown>>,
) => Promise<string>;

export function openRawVault(address: string): RawVault {
  return async (expected, method, path, token, body) => {
    const response = await fetch(`${address}/v1/${path}`, {
      method,
      headers: { "X-Vault-Request": "true", ...(token !== "" && { "X-Vault-Token": token }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (response.status !== expected) throw new Error(`${method} ${path}: ${response.status}, not ${expected}`);
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
