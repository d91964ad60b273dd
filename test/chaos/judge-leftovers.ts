import { setTimeout as sleep } from "node:timers/promises";
import type pg from "pg";
import { readerEntityName } from "../../src/vault/setup/policies.ts";
import { openPolicyName, secretIdPath } from "../../src/vault/vault-names.ts";
import { ADMIN_TTL_SECONDS, type ChaosWorld } from "./chaos-world.ts";

/**
 * What a thief could still use now that nothing runs. A token whose accessor was lost with an answer, or with the process
 * that had it, ends by itself: that long it is waited for, and for nothing else.
 */
export async function judgeLeftovers(world: ChaosWorld, sql: pg.Client, stopping?: AbortSignal): Promise<string[]> {
  const until = performance.now() + (ADMIN_TTL_SECONDS + 2) * 1_000;
  for (;;) {
    const tokens = await liveTokens(world);
    if (tokens.length === 0 || stopping?.aborted || performance.now() > until) {
      const others = await Promise.all([openGate(world), secretIds(world), disabledReaders(world), openRows(sql)]);
      return [...tokens, ...others.flat()];
    }
    await sleep(500);
  }
}

async function liveTokens({ vault, names }: ChaosWorld): Promise<string[]> {
  const { body } = await vault("LIST", "auth/token/accessors");
  const live: string[] = [];
  for (const accessor of (body.data?.keys as string[] | undefined) ?? []) {
    const answer = await vault("POST", "auth/token/lookup-accessor", { accessor }, [400, 403]); // it ended meanwhile
    const { path, meta } = (answer.body.data ?? {}) as { path?: string; meta?: { role_name?: string } };
    const role = meta?.role_name ?? "";
    if (path === `auth/${names.authMount}/login` && (role === "admin" || role.startsWith("reader-"))) {
      live.push(`a live token of the role ${role}`);
    }
  }
  return live;
}

async function openGate({ vault, names }: ChaosWorld): Promise<string[]> {
  const { status } = await vault("GET", `sys/policies/acl/${openPolicyName(names)}`);
  return status === 404 ? [] : ["the gate is open"];
}

async function secretIds({ vault, names, mounts }: ChaosWorld): Promise<string[]> {
  const counts = await Promise.all(
    Object.values(mounts).map(async ({ path }) => {
      const { body } = await vault("LIST", secretIdPath(names, path));
      return ((body.data?.keys as string[] | undefined) ?? []).length;
    }),
  );
  const count = counts.reduce((sum, each) => sum + each, 0);
  return count === 0 ? [] : [`${count} secret ID(s) of a reader`];
}

async function disabledReaders({ vault, names, mounts }: ChaosWorld): Promise<string[]> {
  const answers = await Promise.all(
    Object.values(mounts).map(({ path }) => vault("GET", `identity/entity/name/${readerEntityName(names, path)}`)),
  );
  return answers.flatMap(({ status, body }) => {
    if (status !== 200) return ["a reader's entity is gone"];
    return body.data?.disabled === true ? ["a reader's entity is disabled"] : [];
  });
}

async function openRows(sql: pg.Client): Promise<string[]> {
  const { rows } = await sql.query<{ what: string }>(
    `select 'the fence is held' as what from fence where holder is not null and deadline > clock_timestamp()
     union all select 'an admin token is journaled as alive' from fence where admin_accessor is not null
     union all select 'a lease is journaled as open: migration ' || id from migration
       where lease_opened_at is not null and lease_closed_at is null
     union all select 'the gate is journaled as open: migration ' || migration_id from gate_ask
       where kind = 'open' and answered_at is not null and closed_at is null
     union all select 'migrations are paused' from control where is_paused`,
  );
  return rows.map(({ what }) => what);
}
