import { registerAsk } from "../../handlers/ask.ts";
import { registerConflict } from "../../handlers/conflict.ts";
import { registerDecide } from "../../handlers/decide.ts";
import { registerHome } from "../../handlers/home.ts";
import { registerMention } from "../../handlers/mention.ts";
import { registerOwnership } from "../../handlers/ownership.ts";
import { openIntake, registerRequest } from "../../handlers/request.ts";
import { registerSettleOwner } from "../../handlers/settle-owner.ts";
import { registerShortcuts } from "../../handlers/shortcuts.ts";
import { registerTriage } from "../../handlers/triage.ts";
import { registerWaves } from "../../handlers/waves.ts";
import { deliverWorker, ringDelivery } from "../../jobs/deliver.ts";
import { DISCOVER_QUEUE, discoverJob } from "../../jobs/discover.ts";
import { lookAtHomes } from "../../jobs/homes.ts";
import { takeIntakeMessage } from "../../jobs/intake.ts";
import { startSweep, sweep } from "../../jobs/sweep.ts";
import { startDriftWatch } from "../../jobs/watch-drift.ts";
import { lookAtWaves } from "../../jobs/waves.ts";
import { keepGate } from "../approvals/keep-gate.ts";
import { openingMemory } from "../approvals/opening-memory.ts";
import { recordPoison } from "../approvals/record-poison.ts";
import type { Keyring } from "../audit/signing.ts";
import { CrawlStoppedError, CrawlUnderWayError } from "../catalog/crawl/crawl-errors.ts";
import type { CrawlProgress } from "../catalog/crawl-vault.ts";
import { refreshEntry } from "../catalog/refresh-entry.ts";
import { SEES_ALL } from "../catalog/visibility.ts";
import type { BotConfig } from "../config.ts";
import { codeOf } from "../errors.ts";
import { redrawAllHomes } from "../home/keep-homes.ts";
import { watchDrift } from "../migration/watch-drift.ts";
import type { ReportWave } from "../migration/waves/run-waves.ts";
import { type SqsIntake, sqsIntake } from "../queue/sqs-intake.ts";
import { openApp } from "../slack/open-app.ts";
import { type Desk, slackDesk } from "../slack/slack-desk.ts";
import { slackDirectory, slackMembership } from "../slack/slack-membership.ts";
import { vaultGatePolicy } from "../vault/gate-policy.ts";
import { standingClient } from "../vault/login/standing-client.ts";
import type { HealthCheck } from "../web/health.ts";
import { botUseCases } from "./bot-use-cases.ts";
import { homeUseCases } from "./home-use-cases.ts";
import { identifyEstate } from "./identify-estate.ts";
import { keepLanes } from "./keep-lanes.ts";
import { lookAtRings } from "./loop.ts";
import type { Base } from "./open-base.ts";
import { type OpenCrawl, openCrawl } from "./open-crawl.ts";
import { openLogin } from "./open-login.ts";
import { openRings } from "./open-rings.ts";
import { openUsage } from "./open-usage.ts";
import { readOperatorKeys, readOwnKeyring, readSigner } from "./read-keys.ts";
import { sendDelivery } from "./send-delivery.ts";
import { viewSettings } from "./view-settings.ts";
import { waveUseCases } from "./wave-use-cases.ts";

const GATE_EVERY_MS = 15_000;
/** How old Slack's word on a group may be where the gate asks, twice for every secret. */
const GATE_MEMBERSHIP_MAX_AGE_MS = 10_000;
/** The same where somebody only looks: a search asks at every letter. */
const VIEW_MEMBERSHIP_MAX_AGE_MS = 60_000;
const CRAWL_EVERY_SECONDS = 3_600;
/** Every step of the engine, every new request and every decision puts something into the outbox. */
const WAVE_RINGS = { channels: ["outbox", "control"], everyMs: 5_000, what: "a look at the waves" } as const;

/** Between two rings: the tabs whose gap is over, and those that could not be drawn. */
const HOME_RINGS = { channels: ["home"], everyMs: 2_000, what: "drawing Home tabs" } as const;

/**
 * The role that talks and approves: Slack, intake, the gate and the crawl. It can't read a secret's value.
 * @returns What it alone depends on, for /healthz.
 */
export async function startBot(base: Base, config: BotConfig): Promise<Record<string, HealthCheck>> {
  const { common, rules, store, log, onClose } = base;
  const slack = { token: config.SLACK_BOT_TOKEN.reveal(), slackApiUrl: config.SLACK_API_URL };
  const [desk, membership] = [slackDesk(slack), slackMembership(slack)];
  const gateMembership = slackMembership(slack, { maxAgeMs: GATE_MEMBERSHIP_MAX_AGE_MS });
  const viewMembership = slackMembership(slack, { maxAgeMs: VIEW_MEMBERSHIP_MAX_AGE_MS });
  const signer = readSigner("APPROVAL_KEY_FILE", config.APPROVAL_KEY_FILE);
  const keyring = readOwnKeyring("APPROVAL_PUBLIC_KEY_FILES", signer, config.APPROVAL_PUBLIC_KEY_FILES);
  const operatorKeys = readOperatorKeys(common);
  const identify = identifyEstate(store, rules, base.now);
  const judgeLanes = keepLanes(base, viewSettings(rules, common.VAULT_NAMESPACE ?? "").limits);
  const follow = async (): Promise<void> => {
    await identify();
    await judgeLanes();
    await redrawAllHomes(store);
  };
  const { source, crawl } = openCrawl(common, config.catalogLogin, { follow });
  const policy = vaultGatePolicy(standingClient(openLogin(common, config.gateLogin)), {
    authMount: common.VAULT_AUTH_MOUNT,
    policyPrefix: common.VAULT_POLICY_PREFIX,
  });

  const openings = openingMemory();
  const gate = lookAtRings(base, { channels: ["gate_ask", "control"], everyMs: GATE_EVERY_MS, what: "the gate" }, () =>
    keepGate({
      store,
      policy,
      keyring,
      operatorKeys,
      namespace: common.VAULT_NAMESPACE ?? "",
      membership: gateMembership,
      approvers: rules.approvals.approvers,
      maxPerHour: rules.gate.maxPerHour,
      openings,
      now: base.now,
    }),
  );
  onClose(() => gate.stop());
  const ringMigration = openRings(base, config);
  const intake = startIntake(base, config, { keyring, operatorKeys });
  startDeliveries(base, desk, intake);
  const isConnected = await startSlack(base, config, {
    desk,
    membership,
    viewMembership,
    signer,
    keyring,
    source,
    ringMigration,
  });
  const sweepDeps = { store, ringMigration, now: base.now };
  const sweeping = await startSweep(base.queues, sweepDeps, config.SWEEP_SECONDS);
  // What a pause held up need not wait for the next sweep.
  base.doorbell.on("control", (what) => {
    if (what !== "resumed") return;
    sweep({ ...sweepDeps, queues: base.queues }).catch((error: unknown) =>
      log.warn({ code: codeOf(error) }, "no sweep"),
    );
  });
  onClose(() => sweeping.close());
  const { everyMinutes, perLook } = rules.drift;
  const refresh = (entryId: number) => refreshEntry({ store, source, now: base.now }, entryId, SEES_ALL);
  const watch = () => watchDrift({ store, refreshEntry: refresh, perLook, now: base.now, log });
  const watching = await startDriftWatch(base.queues, watch, everyMinutes);
  onClose(() => watching.close());
  await startCrawling(base, crawl);
  await openUsage(base, config);
  return {
    intake: () => intake.depth(),
    slack: async () => {
      if (!isConnected()) throw new Error("not connected");
    },
  };
}

function startIntake(
  { common, rules, store, log, now, onClose }: Base,
  config: BotConfig,
  keys: { keyring: Keyring; operatorKeys: Keyring },
): SqsIntake {
  const intake = sqsIntake({
    queueUrl: config.INTAKE_QUEUE_URL,
    dlqUrl: config.INTAKE_DLQ_URL,
    region: common.AWS_REGION,
    ...(common.AWS_ENDPOINT_URL !== undefined && { endpoint: common.AWS_ENDPOINT_URL }),
    log,
    visibilitySeconds: common.TAKEOVER_SECONDS,
    waitSeconds: config.INTAKE_WAIT_SECONDS,
  });
  onClose(async () => intake.close());
  const deps = { store, ...keys, now, rules: { expireAfterHours: rules.approvals.expireAfterHours } };
  const consuming = intake.consume(
    (body) => takeIntakeMessage(deps, body),
    (message) => recordPoison({ store, now }, message),
  );
  onClose(() => consuming.stop());
  return intake;
}

function startDeliveries(base: Base, desk: Desk, intake: SqsIntake): void {
  const { store, queues, doorbell, onClose } = base;
  const deliver = sendDelivery(base, desk, intake);
  const worker = deliverWorker(queues, { store, deliver, claimSeconds: base.common.TAKEOVER_SECONDS });
  onClose(() => worker.close());
  doorbell.on("outbox", (outboxId) => void ringDelivery(queues, Number(outboxId)));
}

async function startSlack(
  base: Base,
  config: BotConfig,
  parts: Parameters<typeof botUseCases>[2],
): Promise<() => boolean> {
  const { app, start, stop, isConnected } = openApp({
    botToken: config.SLACK_BOT_TOKEN,
    transport: { kind: "socket", appToken: config.SLACK_APP_TOKEN },
    slackApiUrl: config.SLACK_API_URL,
    log: {
      debug: (words) => base.log.debug(words),
      info: (words) => base.log.info(words),
      warn: (words) => base.log.warn(words),
      error: (words) => base.log.error(words),
    },
  });
  const deps = botUseCases(base, config, parts);
  registerAsk(app, deps, (ask) => openIntake(deps, ask));
  registerRequest(app, deps);
  registerConflict(app, deps);
  registerDecide(app, deps);
  registerTriage(app, deps);
  registerMention(app, deps);
  registerShortcuts(app, deps);
  registerOwnership(app, deps);
  const { settings, desk, log, now, recordInbox } = deps;
  const reporting = { desk, log, now, recordInbox };
  const directory = slackDirectory({ token: config.SLACK_BOT_TOKEN.reveal(), slackApiUrl: config.SLACK_API_URL });
  const { teams, approvals, support, gate, operators, visibility } = base.rules;
  const home = homeUseCases({
    ...{ store: base.store, reporting, settings, directory, membership: parts.membership, teams },
    ...{ approvers: approvals.approvers, staff: support.staff, operators, visibility, maxPerHour: gate.maxPerHour },
  });
  registerHome(app, { ...deps, ...home.handling });
  registerSettleOwner(app, home.handling);
  registerWaves(app, waveUseCases(deps.waveDeps, { operators, settings, ...reporting }));
  await start();
  const homes = lookAtRings(base, HOME_RINGS, lookAtHomes(home.drawing));
  base.onClose(() => homes.stop());
  base.onClose(stop);
  const waves = lookAtRings(base, WAVE_RINGS, lookAtWaves(deps.waveDeps, reportWave(base.log)));
  base.onClose(() => waves.stop());
  return isConnected;
}

function reportWave(log: Base["log"]): ReportWave {
  return (fact) => log.warn(fact, "a wave could not be carried on this time");
}

async function startCrawling({ store, queues, log, onClose }: Base, crawl: OpenCrawl["crawl"]): Promise<void> {
  const stopping = new AbortController();
  const crawlOnce = async (): Promise<void> => {
    try {
      const { unreadable: _, ...counts } = await crawl({ store, signal: stopping.signal, report: reportCrawl(log) });
      log.info(counts, "crawled Vault");
    } catch (error) {
      // Neither is a fault: another process does the work, or this one is asked to end and the next goes on.
      if (!(error instanceof CrawlUnderWayError) && !(error instanceof CrawlStoppedError)) throw error;
      log.info({ code: error.code }, error.message);
    }
  };
  const crawling = queues.worker(DISCOVER_QUEUE, discoverJob(crawlOnce));
  onClose(async () => {
    stopping.abort();
    await crawling.close();
  });
  await queues.every(DISCOVER_QUEUE, CRAWL_EVERY_SECONDS);
}

/** A line now and then, so that the terminal shows how far the crawl is. */
function reportCrawl(log: Base["log"]): (progress: CrawlProgress) => void {
  let lastAt = 0;
  return (progress) => {
    if (Date.now() - lastAt < 1_000) return;
    lastAt = Date.now();
    log.info({ ...progress }, "crawling Vault, metadata only");
  };
}
