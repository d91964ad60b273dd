import { sql } from "kysely";
import type { Secret } from "../secret.ts";
import { openStore } from "../store/open-store.ts";
import { tried } from "./try-server.ts";

/** All that most commands need to know before they begin. A file of its own, so that they load no other vendor. */
export function findStoreFaults(url: Secret): Promise<string[]> {
  return tried("DATABASE_URL", "Postgres", () => askPostgres(url));
}

async function askPostgres(url: Secret): Promise<void> {
  const store = openStore(url.reveal(), () => {}, 1);
  try {
    await sql`select 1`.execute(store);
  } finally {
    await store.destroy();
  }
}
