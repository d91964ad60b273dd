import type { IncomingHttpHeaders } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { callHttp, DeadlineError, type HttpAnswer } from "./http-call.ts";
import { VaultRefusedError, VaultUnavailableError, vaultErrorFor } from "./vault-errors.ts";

/** What node-vault hands to its transport, as far as we use it. `json` is the body, or `true` for none. */
export interface TransportRequest {
  readonly method: string;
  readonly uri: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  /** The answer's body is kept as text: parsing would round large numbers. */
  readonly rawText?: boolean;
}
export interface TransportAnswer {
  readonly statusCode: number;
  readonly body: unknown;
  readonly request: { readonly path: string };
}

/**
 * The transport under node-vault. It replaces its axios because that one's network errors carry the token and the body,
 * hides answer headers, and follows redirects anywhere with the token. Here: a deadline on every call, errors that name
 * only the call, and a 307 followed only to the identical path (a standby naming the active node).
 */
export function vaultTransport(
  timeoutMs: number,
  onThrottled: (retryAfterMs: number | null) => void = () => {},
): {
  defaults(): (request: TransportRequest) => Promise<TransportAnswer>;
} {
  const send = async (request: TransportRequest, uri: string, redirectsLeft: number): Promise<TransportAnswer> => {
    const url = new URL(uri);
    const { pathname } = url;
    const where = `${request.method} ${pathname}`;
    const isHealth = pathname.endsWith("/sys/health"); // there a status is the answer itself: 429 is a standby
    const answer = isHealth
      ? await call(request, url, where, timeoutMs)
      : await whenLetIn(() => call(request, url, where, timeoutMs), onThrottled);
    const { location } = answer.headers;
    if (answer.statusCode === 307 && location !== undefined) {
      const next = new URL(location, url);
      if (redirectsLeft === 0 || !isSamePath(next, url)) throw new VaultRefusedError(where, 307);
      return send(request, next.href, redirectsLeft - 1);
    }
    if (answer.statusCode !== 200 && answer.statusCode !== 204 && !isHealth) {
      const { statusCode, text } = answer;
      throw vaultErrorFor(where, {
        statusCode,
        isDeletedVersion: statusCode === 404 && text.includes('"deletion_time"'),
      });
    }
    const isText = request.rawText === true;
    return {
      statusCode: answer.statusCode,
      body: isText ? answer.text : parsed(answer.text, where),
      request: { path: pathname },
    };
  };
  return { defaults: () => (request) => send(request, request.uri, 2) };
}

const THROTTLED_ATTEMPTS = 5;
const FIRST_WAIT_MS = 250;
/** Longer waits are the migration's own: what is lent must not grow old meanwhile. */
const LONGEST_WAIT_MS = 5_000;

/**
 * Repeats a call that a rate limit kept out. Vault has not looked at it, so this is safe for every call, also for one that
 * spends a secret ID. What Vault says of when to come again (Retry-After) is waited for, up to five seconds.
 */
async function whenLetIn(
  ask: () => Promise<HttpAnswer>,
  onThrottled: (retryAfterMs: number | null) => void,
): Promise<HttpAnswer> {
  for (let attempt = 1; ; attempt += 1) {
    const answer = await ask();
    if (answer.statusCode !== 429) return answer;
    const toldMs = retryAfterMs(answer.headers);
    onThrottled(toldMs);
    if (attempt === THROTTLED_ATTEMPTS) return answer;
    const ownMs = FIRST_WAIT_MS * 2 ** (attempt - 1);
    // With jitter on top, for all that were kept out are told the same.
    await sleep(Math.min(toldMs ?? ownMs, LONGEST_WAIT_MS) + Math.random() * FIRST_WAIT_MS);
  }
}

async function call(request: TransportRequest, url: URL, where: string, timeoutMs: number): Promise<HttpAnswer> {
  const hasBody = typeof request.json === "object" && request.json !== null;
  try {
    return await callHttp(url, {
      method: request.method,
      headers: {
        "User-Agent": "glovebox", // Vault's audit log says so beside each call
        "X-Vault-Request": "true",
        ...(hasBody && { "Content-Type": "application/json" }),
        ...request.headers,
      },
      body: hasBody ? JSON.stringify(request.json) : null,
      timeoutMs,
    });
  } catch (error) {
    // Not kept as cause: only what kind of failure it was.
    throw new VaultUnavailableError(where, failureName(error, timeoutMs));
  }
}

function failureName(error: unknown, timeoutMs: number): string {
  if (error instanceof DeadlineError) return `no answer within ${timeoutMs} ms`;
  return error instanceof Error && "code" in error ? String(error.code) : "connection failed";
}

function isSamePath(a: URL, b: URL): boolean {
  return a.pathname === b.pathname && a.search === b.search;
}

function retryAfterMs(headers: IncomingHttpHeaders): number | null {
  const told = headers["retry-after"];
  if (told === undefined) return null;
  // Seconds, or the date of a proxy on the way.
  const waitMs = /^\d+$/.test(told.trim()) ? Number(told) * 1_000 : Date.parse(told) - Date.now();
  return Number.isFinite(waitMs) ? Math.max(0, waitMs) : null;
}

/** JSON.parse quotes its input when it fails, so its error is not passed on. */
function parsed(text: string, where: string): unknown {
  if (text === "") return {};
  try {
    return JSON.parse(text);
  } catch {
    throw new VaultUnavailableError(where, "the answer was cut or is not JSON");
  }
}
