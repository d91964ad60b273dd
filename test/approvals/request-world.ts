import { acceptEnvelope } from "../../src/approvals/accept-envelope.ts";
import { approveRequest, type DecideDeps } from "../../src/approvals/approve-request.ts";
import { PLAIN_SETTINGS, type RequestContent } from "../../src/approvals/content.ts";
import { sendRequest } from "../../src/approvals/send-request.ts";
import type { Signed } from "../../src/audit/signing.ts";
import { lookKey } from "../../src/catalog/look-key.ts";
import type { Store } from "../../src/store/open-store.ts";
import type { MigrationState } from "../../src/store/tables/migrations.ts";
import { fakeClock } from "../fakes/clock.ts";
import { fakeIds } from "../fakes/ids.ts";
import { freshKeys } from "../fakes/keys.ts";
import { fakeMembership } from "../fakes/membership.ts";
import { freshStore } from "../fresh-store.ts";

export const ENGINEER = "U0ENGINEER";
export const APPROVER = "U0APPROVER";
export const SECOND_APPROVER = "U0SECOND";
export const STRANGER = "U0STRANGER";
export const APPROVERS_GROUP = "S0APPROVERS";

type ContentPatch = Partial<Omit<RequestContent, "source">>;

/** A real Postgres with one KV v2 entry at version 3, keys, and the use-cases bound to them. */
export async function requestWorld(options: { currentVersion?: number | null } = {}) {
  const { store, url } = await freshStore();
  const { signer, keyring } = freshKeys();
  const clock = fakeClock();
  const newId = fakeIds();
  const rung: string[] = [];
  const membership = fakeMembership({ [APPROVERS_GROUP]: [APPROVER, SECOND_APPROVER] });
  const deps: DecideDeps = {
    store,
    signer,
    keyring,
    now: clock.now,
    newId,
    membership,
    rules: {
      approvers: { users: [], usergroups: [APPROVERS_GROUP] },
      rule: "four-eyes",
      validHours: 24,
      versionRule: "ask",
    },
    ringMigration: async (migrationId, attempt) => {
      rung.push(`${migrationId}-${attempt}`);
    },
  };
  const currentVersion = options.currentVersion === undefined ? 3 : options.currentVersion;
  const entryId = await addEntry(store, "team-a/stripe", currentVersion);
  const intake = { store, keyring, now: clock.now, rules: { expireAfterHours: 72 } };

  const envelope = async (patch: ContentPatch = {}, replaces: string | null = null): Promise<Signed> => {
    const { envelopeId } = await sendRequest(
      { store, signer, now: clock.now, newId },
      { content: contentOf(patch), replaces },
    );
    return sentEnvelope(store, envelopeId);
  };
  const request = async (patch: ContentPatch = {}, replaces: string | null = null): Promise<string> =>
    (await acceptEnvelope(intake, await envelope(patch, replaces))).requestId;
  const approve = (requestId: string, by = APPROVER, version = 1) => approveRequest(deps, { requestId, version, by });
  /** Stands in for the engine: where it left the newest attempt and the request. */
  const engineLeft = async (migrationId: string, state: MigrationState, vaultVersion: number | null = 3) => {
    const finishedAt = clock.now();
    await store
      .updateTable("migration")
      .set({ state, vaultVersion, finishedAt })
      .where("id", "=", migrationId)
      .execute();
    const status = state === "done" ? "migrated" : state === "undone" ? "undone" : "failed";
    const ofMigration = store.selectFrom("migration").select("requestId").where("id", "=", migrationId);
    await store.updateTable("request").set({ status }).where("id", "in", ofMigration).execute();
  };
  const statusOf = async (requestId: string) =>
    (await store.selectFrom("request").select("status").where("id", "=", requestId).executeTakeFirstOrThrow()).status;
  const deliveries = (subject: string) =>
    store.selectFrom("outbox").select(["kind", "detail"]).where("subject", "=", subject).orderBy("id").execute();
  const events = async (subject: string) =>
    (await store.selectFrom("auditEvent").select("kind").where("subject", "=", subject).orderBy("seq").execute()).map(
      ({ kind }) => kind,
    );
  return {
    store,
    url,
    deps,
    intake,
    clock,
    membership,
    rung,
    entryId,
    signer,
    keyring,
    envelope,
    request,
    approve,
    engineLeft,
    statusOf,
    deliveries,
    events,
  };
}

export function contentOf(patch: ContentPatch = {}, path = "team-a/stripe"): RequestContent {
  return {
    source: { namespace: "", mount: "secret", mountAccessor: "kv_1a2b", engine: "kv-v2", path },
    target: {
      accountId: "111122223333",
      region: "eu-central-1",
      name: `prod/${path.replace(/[^a-z/-]/g, (letter) => `=${letter.charCodeAt(0)}`)}`,
      kmsKeyId: null,
    },
    shape: { kind: "document" },
    olderVersions: 0,
    settings: PLAIN_SETTINGS,
    adopt: null,
    tags: { "owner-team": "team-a", environment: "prod" },
    notBefore: null,
    reason: "The payments service moves to AWS",
    requester: ENGINEER,
    ...patch,
  };
}

export async function addEntry(store: Store, path: string, currentVersion: number | null): Promise<number> {
  const { id } = await store
    .insertInto("entry")
    .values({
      namespace: "",
      mount: "secret",
      mountAccessor: "kv_1a2b",
      lookKey: lookKey(`secret/${path}`),
      engine: currentVersion === null ? "kv-v1" : "kv-v2",
      path,
      currentVersion,
      versions: "[]",
      customMetadata: "{}",
      seenAt: new Date(),
    })
    .returning("id")
    .executeTakeFirstOrThrow();
  return id;
}

export async function sentEnvelope(store: Store, envelopeId: string): Promise<Signed> {
  const { detail } = await store
    .selectFrom("outbox")
    .select("detail")
    .where("subject", "=", `envelope:${envelopeId}`)
    .executeTakeFirstOrThrow();
  return { bytes: String(detail.bytes), signature: String(detail.signature), keyId: String(detail.keyId) };
}
