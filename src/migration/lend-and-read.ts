import { sql } from "kysely";
import type { Secret } from "../secret.ts";
import { sideBySide } from "../side-by-side.ts";
import { VersionMovedError } from "./engine-errors.ts";
import { closeLease } from "./janitor.ts";
import type { DeathProof, ReaderSession } from "./lease-broker.ts";
import type { MigrationRun } from "./migration-run.ts";
import type { SkippedVersion } from "./write-list.ts";

export interface ReadValue {
  /** The JSON text of the secret's data object. */
  readonly data: Secret;
  readonly vaultVersion: number | null;
  /** The versions before it that go along, the oldest first. */
  readonly older: readonly OlderVersion[];
  /** Those that were asked for and that Vault no longer has. */
  readonly skipped: readonly SkippedVersion[];
  readonly leaseClosedAt: Date;
}

export interface OlderVersion {
  readonly vaultVersion: number;
  readonly data: Secret;
}

/**
 * Steps 2 to 9 of one migration: the gate opens, one path is lent once, read, and the lease is proven dead before anything
 * else happens. The value that comes back is the only thing left of it.
 */
export async function lendAndRead(run: MigrationRun): Promise<ReadValue> {
  const { deps, statement, journal, admin, lent, row, fence } = run;
  const trace = deps.trace ?? (() => {});
  lent.isOpen = true; // from the question on: the gate may open in the moment in which we stop waiting
  const asking = deps.askGate({ kind: "open", migrationId: row.id, fence }, async (question) => {
    await journal.commit({
      step: "migration.started",
      // The lease counts as open from here on, so that a crash before anything is lent is swept as well.
      changes: {
        startedAt: deps.now(),
        leaseOpenedAt: deps.now(),
        leaseClosedAt: null,
        secretIdAccessor: null,
        readerAccessor: null,
        // What it waited for is over, or is met again and then counted on.
        causeCode: null,
        causeText: null,
        dueAt: null,
      },
      with: [
        // A successor revokes it first of all, so it is known before it is used.
        sql`update fence set admin_accessor = ${admin.accessor} from held where fence.number = held.number returning 1`,
        sql`update request set status = 'migrating' from moved where request.id = moved.request_id returning 1`,
        question,
      ],
    });
    trace("admin.journaled");
  });
  await sideBySide(admin.proveAlive(), asking);
  trace("gate.opened");
  const minted = await admin.mint(statement.source, statement.requestId);
  trace("secret-id.minted");
  await journal.commit({ step: "secret-id.minted", changes: { secretIdAccessor: minted.accessor } });
  trace("secret-id.journaled");
  lent.secretIdAccessor = minted.accessor;
  const reader = await admin.lend(statement.source, minted);
  lent.reader = reader;
  trace("reader.logged-in");
  const journaling = journal.commit({
    step: "lease.opened",
    changes: { state: "leased", readerAccessor: reader.accessor },
    event: { kind: "lease.opened", actor: "worker", content: { requestId: statement.requestId, fence } },
  });
  // Side by side: neither reads anything, and both must be in before anything is read.
  await sideBySide(
    journaling.then(() => trace("lease.journaled")),
    reader.proveGrant(),
  );
  const { data, version } = await reader.read();
  const history = await readOlder(reader, version, statement.olderVersions);
  trace("value.read");
  const leaseClosedAt = await endLease(run);
  trace("lease.dead");
  leaveVault(run);
  assertVersion(run, version);
  return { data, vaultVersion: version, ...history, leaseClosedAt };
}

/** Within the same lease. KV v1 keeps no versions. */
async function readOlder(
  reader: ReaderSession,
  current: number | null,
  count: number,
): Promise<Pick<ReadValue, "older" | "skipped">> {
  const older: OlderVersion[] = [];
  const skipped: SkippedVersion[] = [];
  const first = current === null ? 1 : Math.max(1, current - count);
  for (let vaultVersion = first; current !== null && vaultVersion < current; vaultVersion += 1) {
    const found = await reader.readOlder(vaultVersion);
    if ("data" in found) older.push({ vaultVersion, data: found.data });
    else skipped.push({ vaultVersion, reason: found.missing });
  }
  return { older, skipped };
}

/**
 * Closes in the only safe order: the gate, then minted secret IDs (closing the gate does not kill those), then the token,
 * then the proof by the call that worked before. Does nothing when nothing is lent.
 */
export async function endLease({ deps, admin, lent, proofs, statement }: MigrationRun): Promise<Date> {
  if (lent.isOpen) {
    const { mount } = statement.source;
    await admin.closeGate();
    if (lent.reader === null) {
      // The login may have happened and its answer been lost; such a token would gain the next path that is lent.
      await closeLease(deps, admin, { mount, secretIdAccessor: lent.secretIdAccessor, readerAccessor: null });
    } else {
      lent.isRevoked = true;
      // Side by side, once the gate is shut: whether some other secret ID is left makes no difference to this token.
      await sideBySide(admin.destroySecretIds(mount), admin.revoke(lent.reader.accessor));
      proofs.reader = await lent.reader.proveDead();
    }
    lent.isOpen = false;
  }
  return deps.now();
}

/**
 * Nothing is lent any more, so the admin identity has nothing left to do: it revokes itself while AWS is at work. Should
 * that fail, the end of the migration tries again.
 */
function leaveVault({ admin, leaving }: MigrationRun): void {
  leaving.admin = admin.revokeSelf();
  leaving.admin.catch(() => {}); // heard where the migration ends
}

/** The admin's proof of death: of the revocation under way, else of one made now. */
export async function leftVault({ admin, leaving }: MigrationRun): Promise<DeathProof> {
  return (await leaving.admin?.catch(() => null)) ?? admin.revokeSelf();
}

/** KV v1 has no versions: what is there is what was approved. */
function assertVersion({ statement }: MigrationRun, found: number | null): void {
  const { vaultVersion: approved, versionRule } = statement;
  if (versionRule === "take-current" || approved === null || found === null || approved === found) return;
  throw new VersionMovedError(approved, found);
}
