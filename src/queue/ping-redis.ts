import { Redis } from "ioredis";

/** Asks a Redis once whether it is there and takes our password. @throws With a code: `ECONNREFUSED`, `WRONGPASS`. */
export async function pingRedis(url: string, timeoutMs: number): Promise<void> {
  const client = new Redis(url, {
    lazyConnect: true,
    retryStrategy: null,
    maxRetriesPerRequest: 0,
    connectTimeout: timeoutMs,
  });
  let firstError: unknown; // what `connect` and `ping` throw afterwards only says that the connection is closed
  client.on("error", (error) => {
    firstError ??= error;
  });
  try {
    await client.connect();
    await client.ping();
  } catch (error) {
    throw withCode(firstError ?? error);
  } finally {
    client.disconnect();
  }
}

/** Redis says what it refuses in the first word of its message; the rest may quote what was sent. */
function withCode(error: unknown): Error {
  const { code, message = "" } = error as { code?: string; message?: string };
  const word = /^([A-Z]{4,20})\b/.exec(message)?.[1];
  return Object.assign(new Error("Redis does not answer"), { code: code ?? word ?? "UNKNOWN" });
}
