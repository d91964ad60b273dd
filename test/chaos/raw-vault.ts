/** Vault as an operator's curl sees it: none of our own code between. */
export type RawVault = (
  method: "GET" | "POST" | "LIST" | "DELETE",
  path: string,
  body?: unknown,
  /** Refusals that are answers: others throw. */
  refusals?: readonly number[],
) => Promise<{ status: number; body: { data?: Record<string, unknown> } }>;

export function rawVault(address: string, token: string): RawVault {
  return async (method, path, body, refusals = [403, 404]) => {
    const answer = await fetch(`${address}/v1/${path}`, {
      method,
      headers: { "x-vault-token": token },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(15_000),
    });
    const text = await answer.text();
    if (answer.status >= 400 && !refusals.includes(answer.status)) {
      throw new Error(`Vault answered ${answer.status} to ${method} ${path}`);
    }
    return { status: answer.status, body: text === "" ? {} : JSON.parse(text) };
  };
}
