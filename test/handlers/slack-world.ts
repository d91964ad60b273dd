import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { driveSlack, type SlackDriver } from "../../dev/slack/drive.ts";
import { USERGROUPS } from "../../dev/slack/practice-workspace.ts";
import { type LocalSlack, startLocalSlack } from "../../dev/slack/start-local-slack.ts";
import type { AskDeps } from "../../handlers/ask.ts";
import { registerAsk } from "../../handlers/ask.ts";
import { registerConflict } from "../../handlers/conflict.ts";
import { registerDecide } from "../../handlers/decide.ts";
import { registerHome } from "../../handlers/home.ts";
import { type MentionDeps, registerMention } from "../../handlers/mention.ts";
import { type OwnershipDeps, registerOwnership } from "../../handlers/ownership.ts";
import type { Reporting } from "../../handlers/reporting.ts";
import { openIntake, registerRequest } from "../../handlers/request.ts";
import type { RequestDeps } from "../../handlers/request-deps.ts";
import { registerSettleOwner } from "../../handlers/settle-owner.ts";
import { registerShortcuts } from "../../handlers/shortcuts.ts";
import { registerTriage } from "../../handlers/triage.ts";
import { registerWaves } from "../../handlers/waves.ts";
import { acceptEnvelope } from "../../src/approvals/accept-envelope.ts";
import { approveRequest } from "../../src/approvals/approve-request.ts";
import type { Adoption } from "../../src/approvals/content.ts";
import { ApprovalStatement } from "../../src/approvals/content.ts";
import { orderUndo } from "../../src/approvals/order-undo.ts";
import { rejectRequest } from "../../src/approvals/reject-request.ts";
import { retryMigration } from "../../src/approvals/retry-migration.ts";
import { sendRequest } from "../../src/approvals/send-request.ts";
import { stopRequest } from "../../src/approvals/stop-request.ts";
import { takeOverTarget } from "../../src/approvals/take-over-target.ts";
import { withdrawRequest } from "../../src/approvals/withdraw-request.ts";
import { appendEvent } from "../../src/audit/append-event.ts";
import type { Signed } from "../../src/audit/signing.ts";
import { describeEntry } from "../../src/catalog/describe-entry.ts";
import { lookKey } from "../../src/catalog/look-key.ts";
import { drawHomes } from "../../src/home/draw-homes.ts";
import { redrawHomesOf } from "../../src/home/homes-of-subject.ts";
import { keepTagOverflow } from "../../src/migration/keep-tag-overflow.ts";
import { loadRequestState } from "../../src/migration/load-request-state.ts";
import { countProgress } from "../../src/migration/progress/count-progress.ts";
import { buildReceipt, signReceipt } from "../../src/migration/receipt.ts";
import { suggestTargetName } from "../../src/migration/target-name.ts";
import { loadWaveState } from "../../src/migration/waves/load-wave-state.ts";
import type { WaveDeps } from "../../src/migration/waves/wave-deps.ts";
import { Secret } from "../../src/secret.ts";
import { drawCopies } from "../../src/slack/draw-copies.ts";
import { openApp } from "../../src/slack/open-app.ts";
import type { FormFault } from "../../src/slack/read-intake-form.ts";
import { type Desk, slackDesk } from "../../src/slack/slack-desk.ts";
import { slackMembership } from "../../src/slack/slack-membership.ts";
import type { Store } from "../../src/store/open-store.ts";
import { type Delivery, enqueueDelivery, enqueueRedraw } from "../../src/store/outbox.ts";
import { claimCase } from "../../src/support/claim-case.ts";
import { loadCaseState } from "../../src/support/load-case-state.ts";
import { openCase } from "../../src/support/open-case.ts";
import { relayToRequester, relayToThread } from "../../src/support/relay.ts";
import { resolveCase } from "../../src/support/resolve-case.ts";
import { answerUseCases } from "../../src/wiring/answer-use-cases.ts";
import { homeUseCases } from "../../src/wiring/home-use-cases.ts";
import { waveUseCases } from "../../src/wiring/wave-use-cases.ts";
import { freshKeys } from "../fakes/keys.ts";
import { sampleWrites } from "../migration/sample-receipt.ts";
import { SETTINGS } from "../slack/sample-states.ts";

/** What a test may turn in the world around the handlers. */
export interface Knobs {
  faults: readonly FormFault[];
  /** What stands in AWS at the wished names and is not ours. */
  foreign: readonly Adoption[];
  /** Thrown by the next look at Vault. */
  vaultFailure: Error | null;
  findFailure: Error | null;
  logged: string[];
}

export interface SlackWorld {
  readonly slack: LocalSlack;
  readonly drive: SlackDriver;
  readonly desk: Desk;
  readonly store: Store;
  readonly knobs: Knobs;
  readonly waveDeps: WaveDeps;
  /** A secret that the catalogue knows. @returns Its entry id. */
  addEntry(path: string, keyNames?: readonly string[]): Promise<number>;
  /** Stands in for the worker: the newest migration of a request is done, with a signed receipt to deliver. */
  finish(requestId: string): Promise<void>;
  /** Delivers everything that waits in the outbox: forms to the intake, cards to Slack. */
  settle(): Promise<void>;
  /** Draws the Home tabs that are due. */
  drawHomes(): Promise<unknown>;
  stop(): Promise<void>;
}

export const TEAMS = (["payments", "treasury"] as const).map((name) => ({
  ...{ name, aliases: [`team-${name}`], vaultRoles: [`${name}-*`] },
  members: { users: [], usergroups: [USERGROUPS[name].id] },
}));

const VISIBILITY = [
  {
    paths: ["secret/vaulted/**", "secret/treasury/**"],
    seenBy: { users: [], usergroups: [USERGROUPS.treasury.id] },
    ask: "#treasury-help",
  },
];

/** Real handlers, use-cases, store and views on a real local workspace; only Vault, AWS and support are stood in for. */
export async function startSlackWorld(store: Store): Promise<SlackWorld> {
  const runDir = await mkdtemp(join(tmpdir(), "glovebox-handlers-"));
  const slack = await startLocalSlack({ runDir, logTo: join(runDir, "slack.log") });
  const drive = await driveSlack(slack);
  const { signer, keyring } = freshKeys();
  const knobs: Knobs = { faults: [], foreign: [], vaultFailure: null, findFailure: null, logged: [] };
  const line = (fields: object, words: string) => void knobs.logged.push(`${words} ${JSON.stringify(fields)}`);
  const log = { info: line, warn: line, error: line, debug: () => {} };
  const options = { token: slack.botToken, slackApiUrl: slack.apiUrl };
  const [desk, membership] = [slackDesk(options), slackMembership(options)];
  const now = () => new Date();
  const reporting: Reporting = {
    ...{ log, desk, now },
    recordInbox: async (id, kind, actor) => {
      const row = await store
        .insertInto("inbox")
        .values({ id, kind, actor, receivedAt: now() })
        .onConflict((conflict) => conflict.column("id").doNothing())
        .returning("id")
        .executeTakeFirst();
      return row !== undefined;
    },
  };
  const load = (requestId: string) => loadRequestState(store, requestId);
  const answers = answerUseCases({
    ...{ store, now, membership, viewMembership: membership, targets: SETTINGS.targets },
    ...{ teams: TEAMS, visibility: VISIBILITY },
    seeAll: [{ users: [], usergroups: [USERGROUPS.supporters.id] }, SETTINGS.approvers],
  });
  const ask: AskDeps & MentionDeps & OwnershipDeps = {
    ...reporting,
    ...answers,
    settings: SETTINGS,
    findEntries: async (text, viewer) => {
      if (knobs.findFailure) throw knobs.findFailure;
      return answers.findEntries(text, viewer);
    },
    isApprover: (userId) => membership.isMember(SETTINGS.approvers, userId),
    countProgress: () => countProgress(store, now()),
  };
  const request: RequestDeps = {
    ...ask,
    refreshEntry: async (entryId, viewer) => {
      if (knobs.vaultFailure) throw knobs.vaultFailure;
      return describeEntry(store, entryId, viewer);
    },
    suggestMetadata: async () => ({
      suggestions: [
        { field: "environment", value: "prod", source: "rules", evidence: "`prod` in the path" },
        { field: "ownerTeam", value: "payments", source: "neighbours", evidence: "3 confirmed beside it" },
      ],
      note: "No language model is configured; these come from rules.",
    }),
    preflight: async () => knobs.faults,
    findForeignTargets: async () => knobs.foreign,
    suggestTargetName,
    sendRequest: async ({ content, replaces, entryId, overflow }) => {
      await keepTagOverflow(store, { entryId, ...overflow, at: now() });
      return sendRequest({ store, signer, now, newId: randomUUID }, { content, replaces });
    },
  };
  const rules = { approvers: SETTINGS.approvers, rule: "four-eyes", validHours: 24, versionRule: "ask" as const };
  const decide = { store, signer, keyring, now, newId: randomUUID, membership, rules, ringMigration: async () => {} };
  const waveDeps: WaveDeps = {
    ...decide,
    ...{
      maxPerHour: 600,
      expireAfterHours: 72,
      preflight: async () => [],
      lookAgain: async () => {},
      newSeed: randomUUID,
    },
  };
  const support = { store, now, membership, staff: { users: [], usergroups: ["S0SUPPORTERS"] } };
  const slackApp = openApp({
    botToken: new Secret(slack.botToken),
    transport: { kind: "socket", appToken: new Secret(slack.appToken) },
    slackApiUrl: slack.apiUrl,
    log: { debug: () => {}, info: () => {}, warn: () => {}, error: (words) => void knobs.logged.push(words) },
  });
  registerAsk(slackApp.app, ask, (asked) => openIntake(request, asked));
  registerRequest(slackApp.app, request);
  registerMention(slackApp.app, ask);
  registerShortcuts(slackApp.app, ask);
  registerOwnership(slackApp.app, ask);
  registerDecide(slackApp.app, {
    ...reporting,
    ...{ viewerOf: answers.viewerOf, describeEntry: answers.describeEntry },
    settings: SETTINGS,
    loadRequestState: load,
    approveRequest: (input) => approveRequest(decide, input),
    rejectRequest: (input) => rejectRequest(decide, input),
    withdrawRequest: (input) => withdrawRequest(decide, input),
    retryMigration: (input) => retryMigration(decide, input),
    orderUndo: (input) => orderUndo(decide, input),
    redrawRequest: (requestId) => enqueueRedraw(store, `request:${requestId}`),
  });
  const operators = { users: [], usergroups: ["S0OPERATORS"] };
  registerWaves(slackApp.app, waveUseCases(waveDeps, { ...reporting, operators, settings: SETTINGS }));
  registerConflict(slackApp.app, {
    ...reporting,
    settings: SETTINGS,
    loadRequestState: load,
    readTargetTags: async ({ name }) => (name === "bank/theirs" ? { "owner-team": "billing" } : null),
    takeOverTarget: (input) => takeOverTarget({ store, signer, keyring, now, newId: randomUUID }, input),
    stopRequest: (input) => stopRequest({ store, now }, input),
    redrawRequest: (requestId) => enqueueRedraw(store, `request:${requestId}`),
  });
  registerTriage(slackApp.app, {
    ...reporting,
    supportChannel: slack.channels.support,
    openCase: (input) => openCase({ store, now }, input),
    claimCase: (input) => claimCase(support, input),
    resolveCase: (input) => resolveCase(support, input),
    redrawCase: (caseId) => enqueueRedraw(store, `case:${caseId}`),
    relayToRequester: (message) => relayToRequester(support, message),
    relayToThread: (message) => relayToThread(support, message),
  });
  const home = homeUseCases({
    ...{ store, reporting, settings: SETTINGS, directory: membership, membership, teams: TEAMS },
    ...{ approvers: SETTINGS.approvers, staff: support.staff, operators, visibility: VISIBILITY, maxPerHour: 600 },
  });
  registerSettleOwner(slackApp.app, home.handling);
  registerHome(slackApp.app, {
    ...ask,
    ...home.handling,
    askForHome: async (userId, place) => {
      await home.handling.askForHome(userId, place);
      await drawHomes(home.drawing);
    },
  });
  await slackApp.start();

  const deliver = async (delivery: Delivery): Promise<void> => {
    if (delivery.kind === "envelope") {
      await acceptEnvelope(
        { store, keyring, now, rules: { expireAfterHours: 72 } },
        delivery.detail as unknown as Signed,
      );
      return;
    }
    const { approvals, support } = slack.channels;
    const loadCaseView = (caseId: string) => loadCaseState(store, caseId);
    const channels = { approvals, support };
    const loadWave = (name: string) => loadWaveState(store, name, { at: now(), maxPerHour: 600 });
    const loading = { loadRequestState: load, loadCaseView, loadWaveState: loadWave };
    if (delivery.kind === "redraw") await redrawHomesOf(store, TEAMS, delivery.subject);
    await drawCopies({ store, desk, settings: SETTINGS, channels, ...loading }, delivery);
  };

  return {
    ...{ slack, drive, desk, store, knobs, waveDeps },
    addEntry: async (path, keyNames = ["username", "password"]) => {
      const row = await store
        .insertInto("entry")
        .values({
          ...{ namespace: "", mount: "secret", mountAccessor: "kv_1a2b3c4d", engine: "kv-v2", path, currentVersion: 7 },
          versions: JSON.stringify([
            { version: 7, createdTime: "2026-10-01T08:00:00Z", deletionTime: null, isDestroyed: false },
          ]),
          customMetadata: JSON.stringify({ owner: "payments" }),
          keyNames: JSON.stringify(keyNames),
          vaultCreatedAt: new Date("2024-03-01T08:00:00Z"),
          vaultUpdatedAt: new Date("2026-10-01T08:00:00Z"),
          seenAt: now(),
          lookKey: lookKey(`secret/${path}`),
        })
        .returning("id")
        .executeTakeFirstOrThrow();
      return row.id;
    },
    finish: async (requestId) => {
      const row = await store
        .selectFrom("migration")
        .innerJoin("statement", "statement.id", "migration.statementId")
        .select(["migration.id", "migration.attempt", "bytes", "signature", "keyId"])
        .where("migration.requestId", "=", requestId)
        .executeTakeFirstOrThrow();
      const at = now();
      const seen = { call: "read", aliveAt: at.toISOString(), refusedAt: at.toISOString(), refusedStatus: 403 };
      const fact = { kind: "migration.done", actor: "worker", subject: `migration:${row.id}`, content: {} };
      const receipt = buildReceipt({
        ...{
          installation: "test",
          separation: "on",
          gate: "on",
          migration: row,
          approval: row,
          vaultVersion: 7,
        },
        statement: ApprovalStatement.parse(JSON.parse(row.bytes)),
        writes: sampleWrites({ arn: "arn:aws:secretsmanager:eu-central-1:111122223333:secret:bank/x-AbCdEf" }),
        ...{ leaseOpenedAt: at, leaseClosedAt: at, finishedAt: at },
        ...{ readerProof: seen, adminProof: seen },
        link: await store.transaction().execute((tx) => appendEvent(tx, at, fact)),
      });
      await store
        .updateTable("migration")
        .set({ state: "done", finishedAt: at, receipt: signReceipt(signer, receipt) })
        .where("id", "=", row.id)
        .execute();
      await store.updateTable("request").set({ status: "migrated" }).where("id", "=", requestId).execute();
      await enqueueRedraw(store, `request:${requestId}`);
      await enqueueDelivery(store, { kind: "receipt", subject: `migration:${row.id}` });
    },
    settle: async () => {
      for (;;) {
        const row = await store
          .selectFrom("outbox")
          .selectAll()
          .where("deliveredAt", "is", null)
          .orderBy("id")
          .limit(1)
          .executeTakeFirst();
        if (!row) return;
        await deliver(row as unknown as Delivery);
        await store
          .updateTable("outbox")
          .set({ deliveredAt: now(), dedupeKey: null })
          .where("id", "=", row.id)
          .execute();
      }
    },
    drawHomes: () => drawHomes(home.drawing),
    stop: async () => {
      drive.close();
      await slackApp.stop();
      await slack.stop();
      await rm(runDir, { recursive: true, force: true });
    },
  };
}
