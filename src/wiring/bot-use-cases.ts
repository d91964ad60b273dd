import { randomUUID } from "node:crypto";
import type { AskDeps } from "../../handlers/ask.ts";
import type { ConflictDeps } from "../../handlers/conflict.ts";
import type { DecideDeps } from "../../handlers/decide.ts";
import type { MentionDeps } from "../../handlers/mention.ts";
import type { OwnershipDeps } from "../../handlers/ownership.ts";
import type { Reporting } from "../../handlers/reporting.ts";
import type { RequestDeps } from "../../handlers/request-deps.ts";
import type { TriageDeps } from "../../handlers/triage.ts";
import type { RingMigration } from "../../jobs/migrate.ts";
import { type DecideDeps as ApprovalDeps, approveRequest } from "../approvals/approve-request.ts";
import { orderUndo } from "../approvals/order-undo.ts";
import { rejectRequest } from "../approvals/reject-request.ts";
import { retryMigration } from "../approvals/retry-migration.ts";
import { sendRequest } from "../approvals/send-request.ts";
import { stopRequest } from "../approvals/stop-request.ts";
import { takeOverTarget } from "../approvals/take-over-target.ts";
import { withdrawRequest } from "../approvals/withdraw-request.ts";
import type { Keyring, Signer } from "../audit/signing.ts";
import { secretsManagerClients } from "../aws/secrets-manager-client.ts";
import { secretsManagerTarget } from "../aws/secrets-manager-target.ts";
import type { CatalogSource } from "../catalog/catalog-source.ts";
import { refreshEntry } from "../catalog/refresh-entry.ts";
import { SEES_ALL } from "../catalog/visibility.ts";
import type { BotConfig } from "../config.ts";
import { codeOf } from "../errors.ts";
import { openAiClassifier } from "../llm/openai-classifier.ts";
import type { Membership } from "../membership.ts";
import type { Classifier } from "../metadata/classifier.ts";
import { confirmMetadata } from "../metadata/confirm-metadata.ts";
import { suggestMetadata } from "../metadata/suggest-metadata.ts";
import { findForeignTargets } from "../migration/find-foreign-targets.ts";
import { keepTagOverflow } from "../migration/keep-tag-overflow.ts";
import { listRequestStates, loadRequestState, type RequestFilter } from "../migration/load-request-state.ts";
import { preflight } from "../migration/preflight.ts";
import { countProgress } from "../migration/progress/count-progress.ts";
import { suggestTargetName } from "../migration/target-name.ts";
import type { WaveDeps } from "../migration/waves/wave-deps.ts";
import { Secret } from "../secret.ts";
import type { Desk } from "../slack/slack-desk.ts";
import { enqueueRedraw } from "../store/outbox.ts";
import { rememberOnce } from "../store/remember-once.ts";
import { claimCase } from "../support/claim-case.ts";
import { openCase } from "../support/open-case.ts";
import { relayToRequester, relayToThread } from "../support/relay.ts";
import { resolveCase } from "../support/resolve-case.ts";
import { answerUseCases } from "./answer-use-cases.ts";
import { fieldOptions } from "./field-options.ts";
import type { Base } from "./open-base.ts";
import { viewSettings } from "./view-settings.ts";
import { newSeed } from "./wave-use-cases.ts";

export interface BotParts {
  readonly desk: Desk;
  readonly membership: Membership;
  /** The same, which may remember for a minute: for what is shown. */
  readonly viewMembership: Membership;
  readonly signer: Signer;
  readonly keyring: Keyring;
  readonly source: CatalogSource;
  readonly ringMigration: RingMigration;
}

export type BotUseCases = AskDeps &
  MentionDeps &
  OwnershipDeps &
  RequestDeps &
  ConflictDeps &
  DecideDeps &
  TriageDeps & {
    /** What waves are carried on with, from Slack and by the runner. */
    readonly waveDeps: WaveDeps;
  };

/** Binds every use-case that people reach through Slack to this process's stores and vendors. */
export function botUseCases(
  base: Base,
  config: BotConfig,
  { desk, membership, viewMembership, signer, keyring, source, ringMigration }: BotParts,
): BotUseCases {
  const { common, rules, store, log, now, onClose } = base;
  const clients = secretsManagerClients({ endpoint: common.AWS_ENDPOINT_URL });
  onClose(async () => clients.close());
  const target = secretsManagerTarget(clients);
  const decide: ApprovalDeps = {
    store,
    signer,
    keyring,
    now,
    newId: randomUUID,
    membership,
    rules: {
      approvers: rules.approvals.approvers,
      rule: "four-eyes",
      validHours: rules.approvals.validHours,
      versionRule: rules.approvals.versionRule,
    },
    ringMigration,
  };
  const settings = viewSettings(rules, common.VAULT_NAMESPACE ?? "");
  const classifier = classifierOf(config, now);
  const options = fieldOptions(rules);
  /** What is approved should be what Vault has now. If Vault does not answer, the engine finds out before it writes. */
  const lookAgainAt = async (entryId: number): Promise<void> => {
    await refreshEntry({ store, source, now }, entryId, SEES_ALL).catch((error: unknown) =>
      log.warn({ entryId, code: codeOf(error) }, "could not look at the secret's version again"),
    );
  };
  const lookAgain = async (requestId: string): Promise<void> => {
    const state = await loadRequestState(store, requestId);
    if (state) await lookAgainAt(state.entryId);
  };
  const judge: BotUseCases["preflight"] & WaveDeps["preflight"] = (input) =>
    preflight(
      {
        ...{ store, target, now },
        allowedTargets: rules.targets,
        installation: rules.installation,
        limits: settings.limits,
      },
      input,
    );
  const waveDeps: WaveDeps = {
    ...decide,
    maxPerHour: rules.gate.maxPerHour,
    expireAfterHours: rules.approvals.expireAfterHours,
    preflight: judge,
    lookAgain: (entryId) => lookAgainAt(entryId),
    newSeed,
  };
  const cases = { store, now, membership, staff: rules.support.staff };
  const reporting: Reporting = {
    log,
    desk,
    now,
    recordInbox: (id, kind, actor) => rememberOnce(store, { id, kind, actor, at: now() }),
  };
  const answers = answerUseCases({
    ...{ store, now, membership, viewMembership, visibility: rules.visibility, teams: rules.teams },
    targets: rules.targets,
    seeAll: [rules.support.staff, rules.operators, rules.approvals.approvers],
  });
  return {
    ...reporting,
    ...answers,
    settings,
    supportChannel: rules.support.channel,
    countProgress: () => countProgress(store, now()),
    refreshEntry: (entryId, viewer) => refreshEntry({ store, source, now }, entryId, viewer),
    suggestMetadata: (entryId) => suggestMetadata({ store, classifier, now, options }, entryId),
    preflight: judge,
    waveDeps,
    findForeignTargets: (wish) => findForeignTargets({ store, target, installation: rules.installation }, wish),
    suggestTargetName,
    async sendRequest({ content, replaces, entryId, said, overflow }) {
      await keepTagOverflow(store, { entryId, ...overflow, at: now() }); // before a card can be drawn
      const sent = await sendRequest({ store, signer, now, newId: randomUUID }, { content, replaces });
      await confirmMetadata(store, { entryId, values: said, by: content.requester, now: now() });
      return sent;
    },
    listRequestStates: (filter: RequestFilter) => listRequestStates(store, filter),
    isApprover: (userId) => membership.isMember(rules.approvals.approvers, userId),
    async approveRequest(input) {
      await lookAgain(input.requestId);
      return approveRequest(decide, input);
    },
    rejectRequest: (input) => rejectRequest(decide, input),
    withdrawRequest: (input) => withdrawRequest(decide, input),
    retryMigration: (input) => retryMigration(decide, input),
    orderUndo: (input) => orderUndo(decide, input),
    readTargetTags: async (wanted) => {
      const state = await target.describe(wanted);
      return state.status === "present" ? state.tags : null;
    },
    takeOverTarget: (input) => takeOverTarget({ store, signer, keyring, now, newId: randomUUID }, input),
    stopRequest: (input) => stopRequest({ store, now }, input),
    redrawRequest: (requestId) => enqueueRedraw(store, `request:${requestId}`),
    redrawCase: (caseId) => enqueueRedraw(store, `case:${caseId}`),
    openCase: (input) => openCase(cases, input),
    claimCase: (input) => claimCase(cases, input),
    resolveCase: (input) => resolveCase(cases, input),
    relayToRequester: (message) => relayToRequester(cases, message),
    relayToThread: (message) => relayToThread(cases, message),
  };
}

/** null: no key and no endpoint is configured, and suggestions come from rules alone. */
function classifierOf(config: BotConfig, now: () => Date): Classifier | null {
  const { OPENAI_API_KEY: apiKey, OPENAI_BASE_URL: baseUrl } = config;
  if (apiKey === undefined && baseUrl === undefined) return null;
  return openAiClassifier({
    apiKey: apiKey ?? new Secret("none"), // an endpoint of one's own may want no key
    baseUrl: baseUrl ?? null,
    model: config.OPENAI_MODEL,
    timeoutMs: config.OPENAI_TIMEOUT_MS,
    callsPerHour: config.OPENAI_CALLS_PER_HOUR,
    now,
  });
}
