import { sql } from "kysely";
import pg from "pg";
import type { Store } from "./open-store.ts";

/** The doorbells between processes. A lost ring changes nothing: every listener also looks at intervals. */
export type Channel = "gate_ask" | "gate_answer" | "outbox" | "control" | "home";

/** Rings when the surrounding transaction commits. `payload` is an id, never content. */
export async function notify(store: Store, channel: Channel, payload: string): Promise<void> {
  await sql`select pg_notify(${channel}, ${payload})`.execute(store);
}

/**
 * Listens on one connection of its own and connects again after 1 s when it breaks.
 * @returns A function that stops listening.
 */
export async function listen(
  url: string,
  channels: readonly Channel[],
  onRing: (channel: Channel, payload: string) => void,
  onError: (error: Error) => void,
): Promise<() => Promise<void>> {
  let isStopped = false;
  let client: pg.Client | undefined;
  const connect = async (): Promise<void> => {
    const next = new pg.Client({ connectionString: url, keepAlive: true });
    client = next;
    next.on("notification", ({ channel, payload }) => onRing(channel as Channel, payload ?? ""));
    next.on("error", (error) => {
      onError(error);
      retry();
    });
    await next.connect();
    for (const channel of channels) await next.query(`listen ${channel}`);
  };
  const retry = (): void => {
    client?.removeAllListeners("error");
    client?.on("error", () => {}); // the dying connection may report once more
    client?.end().catch(() => {});
    if (isStopped) return;
    setTimeout(() => {
      if (isStopped) return;
      connect().catch((error: Error) => {
        onError(error);
        retry();
      });
    }, 1_000).unref();
  };
  await connect();
  return async () => {
    isStopped = true;
    await client?.end().catch(() => {});
  };
}
