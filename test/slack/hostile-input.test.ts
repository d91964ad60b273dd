import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { faultsInBlocks, faultsInOptions, faultsInView, textTotal } from "../../dev/slack/block-kit-rules.ts";
import { showName } from "../../src/catalog/show-name.ts";
import type { HomeSecret, HomeState } from "../../src/home/load-home.ts";
import type { Page } from "../../src/home/page-of.ts";
import type { WaitingItem } from "../../src/home/waiting-for-me.ts";
import type { LaneVerdict } from "../../src/migration/lane-of.ts";
import { STANDARD } from "../../src/migration/lane-of.ts";
import { ACTION } from "../../src/slack/action-ids.ts";
import type { Message } from "../../src/slack/blocks.ts";
import { type CaseView, caseCard, relayToRequester, relayToThread } from "../../src/slack/case-card.ts";
import { findModal, findOption } from "../../src/slack/find-modal.ts";
import { homeView } from "../../src/slack/home-view.ts";
import { intakeModal, intakeSecretModal, intakeSkeleton } from "../../src/slack/intake-modal.ts";
import { matchesMessage, namedMessage } from "../../src/slack/matches-message.ts";
import { openCaseHint } from "../../src/slack/mention-message.ts";
import { unknownVerbMessage } from "../../src/slack/menu-message.ts";
import { noticeMessage } from "../../src/slack/notice-message.ts";
import { rejectModal } from "../../src/slack/reject-modal.ts";
import { requestCard } from "../../src/slack/request-card.ts";
import { requestDetails } from "../../src/slack/request-details.ts";
import { secretDetails } from "../../src/slack/secret-details.ts";
import { myRequestsMessage } from "../../src/slack/status-message.ts";
import { teamCard, teamModal } from "../../src/slack/team-modal.ts";
import { answerBlocks, whatMessage } from "../../src/slack/what-message.ts";
import type { MigrationState } from "../../src/store/tables/migrations.ts";
import type { RequestStatus } from "../../src/store/tables/requests.ts";
import {
  NOW,
  SETTINGS,
  sampleAnswer,
  sampleEntry,
  sampleMigration,
  sampleRequest,
  sampleUsage,
} from "./sample-states.ts";

const INJECTIONS = [
  "<!channel> <@U0EVIL> <https://evil.example|Approve>",
  "*bold* _it_ ~no~ `code` ```block```",
  "&amp;&lt;&gt;&&&<<<>>>",
  "line\nnext\r\nlast\u2028more",
  "e\u0301\u200b\u202e \u00a0",
  "👩‍👩‍👧‍👦".repeat(40),
  "\ud800",
];
const hostile = (max: number) =>
  fc
    .oneof(
      fc.constantFrom(...INJECTIONS),
      fc.constantFrom(...INJECTIONS).map((text) => text.repeat(1 + Math.ceil(10_000 / text.length))),
      fc.string({ unit: "binary", maxLength: 200 }),
      fc.constant("a".repeat(10_000)),
    )
    .map((text) => text.slice(0, max) || "x");
const statuses: RequestStatus[] = [
  "waiting",
  "approved",
  "migrating",
  "migrated",
  "failed",
  "undone",
  "rejected",
  "expired",
  "withdrawn",
];
const migrationStates: MigrationState[] = ["queued", "leased", "read", "closed", "written", "done", "failed", "undone"];

const requests = fc
  .record({
    status: fc.constantFrom(...statuses),
    path: hostile(10_000),
    mount: hostile(500),
    name: hostile(512),
    reason: hostile(500),
    words: hostile(10_000),
    tags: fc.dictionary(hostile(127), hostile(255), { maxKeys: 50 }),
    changes: fc.array(fc.record({ field: hostile(10_000), from: hostile(10_000), to: hostile(10_000) }), {
      maxLength: 20,
    }),
    migrationState: fc.constantFrom(...migrationStates),
    canRetry: fc.boolean(),
    triesAgainAt: fc.option(fc.date({ noInvalidDate: true })),
    canUndo: fc.boolean(),
  })
  .map(
    ({ status, path, mount, name, reason, words, tags, changes, migrationState, canRetry, canUndo, triesAgainAt }) => {
      const plain = sampleRequest();
      return sampleRequest({
        status,
        version: 2,
        changes,
        nextStep: words,
        decision: { verdict: "reject", by: "U0APPROVER", reason: words, at: NOW },
        migration: sampleMigration({
          state: migrationState,
          causeText: words,
          causeCode: words,
          canRetry,
          triesAgainAt,
          canUndo,
        }),
        content: {
          ...plain.content,
          source: { ...plain.content.source, path, mount },
          target: { ...plain.content.target, name },
          tags: { ...tags, purpose: words.slice(0, 255) },
          reason,
        },
      });
    },
  );

const entries = fc
  .record({
    path: hostile(10_000),
    keys: fc.array(hostile(600), { maxLength: 120 }),
    metadata: fc.dictionary(hostile(300), hostile(1_000), { maxKeys: 64 }),
    twins: fc.array(hostile(10_000), { maxLength: 12 }),
  })
  .map(({ path, keys, metadata, twins }) =>
    sampleEntry(path, {
      keyNames: [...new Set(keys)],
      customMetadata: metadata,
      twins: twins.map((twin, index) => ({ entryId: index, path: twin, name: showName(twin) })),
    }),
  );

/** Every name in an answer is somebody else's text. */
function hostileAnswer(entry: ReturnType<typeof sampleEntry>, words: string) {
  const client = { entityId: words, role: words, displayName: words, address: words, reads: 1, lastAt: NOW };
  const usage = { lastReadAt: NOW, readCount: 30, readsPerDay: 1, lastWriteAt: NOW, addressCount: 1, clientCount: 60 };
  const sibling = { entryId: 1, path: words, environment: words };
  return sampleAnswer(
    {
      ...entry,
      facts: [
        { field: "purpose", confirmed: { value: words, by: "U0ENGINEER", at: NOW }, suggestions: [] },
        { field: "application", confirmed: null, suggestions: [suggested(words)] },
      ],
    },
    {
      usage: sampleUsage({
        ...{ coverage: { from: NOW, to: NOW }, ...usage, readers: [words, words] },
        ...{ clients: Array(50).fill(client), writers: [client] },
      }),
      owner: {
        ...{ team: words, isConfirmed: false, because: words, confirmedBy: null },
        contradictedBy: Array(20).fill({ team: words, kind: "not-ours", by: "U0ENGINEER", at: NOW }),
      },
      siblings: { inFolder: { count: 90, some: Array(4).fill(sibling) }, elsewhere: Array(8).fill(sibling) },
    },
  );
}
const hostileLane = (text: string): LaneVerdict => {
  const reason = { code: "ANY", lane: "white-glove", text, nextStep: text, stops: false } as const;
  return { lane: "white-glove", reasons: Array(9).fill(reason), code: "ANY", reason: text, nextStep: text };
};
const suggested = (words: string) => ({ value: words, source: "rules", evidence: words, confidence: 0.9 });

function expectWithinLimits({ text, blocks }: Message): void {
  expect(faultsInBlocks(blocks)).toEqual([]);
  expect(textTotal(blocks)).toBeLessThanOrEqual(10_000);
  expect(text.trim()).not.toBe("");
}

/** All mrkdwn and fallback text in what we would send. */
function mrkdwnIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(mrkdwnIn);
  if (typeof value !== "object" || value === null) return [];
  if ("type" in value && value.type === "mrkdwn" && "text" in value) return [String(value.text)];
  return Object.values(value).flatMap(mrkdwnIn);
}
const REFERENCE = /<(?!@U0[A-Z]+>|!subteam\^S0APPROVERS>|!date\^\d+\^[^|>]*\|[^>]*>)/;

const homes = fc
  .record({
    request: requests,
    path: hostile(10_000),
    words: hostile(10_000),
    teams: fc.array(hostile(500), { maxLength: 8 }),
  })
  .map(({ request, path, words, teams }): HomeState => {
    const page = <Row>(row: Row): Page<Row> => ({ rows: Array(10).fill(row), total: 95, page: 2, pageCount: 10 });
    const secret: HomeSecret = {
      ...{ entryId: 42, source: { namespace: "", mount: "secret", engine: "kv-v2", path }, version: 7 },
      ...{ owner: { team: words, isConfirmed: false }, use: { reader: words, reads: 40 }, isRequestedByThem: true },
      ...{ requestId: request.id, request, purpose: words, environment: words, keyNames: [words], lane: STANDARD },
    };
    const owner: WaitingItem = {
      ...{
        kind: "owner",
        entryId: 42,
        fullPath: path,
        owner: words,
        alsoClaimedBy: teams,
        disownedBy: teams,
        since: NOW,
      },
    };
    const team = { name: words.slice(0, 75), aliases: [], vaultRoles: [], members: { users: [], usergroups: [] } };
    return {
      person: {
        ...{ userId: "U0ENGINEER", teams: [team], isApprover: true, isStaff: true, areGroupsUnknown: true },
      },
      ...{ waiting: page<WaitingItem>(owner), secrets: page(secret), requests: page(request), at: NOW },
      secretCounts: { all: 95, owner: 95, use: 3, request: 1 },
      place: { waiting: 2, secrets: 2, requests: 2, by: "owner" },
    };
  });

describe("every view, given hostile text", () => {
  it("keeps Slack's limits on the Home tab, and lets nobody write a mention into it", () => {
    fc.assert(
      fc.property(homes, (home) => {
        const view = homeView(home);
        expect(faultsInView(view)).toEqual([]);
        for (const text of mrkdwnIn(view)) expect(text).not.toMatch(REFERENCE);
      }),
      { numRuns: 60 },
    );
  });

  it("keeps Slack's limits on a request's card, details, notice, row and reject modal", () => {
    fc.assert(
      fc.property(requests, fc.constantFrom("approvers", "requester", "anyone"), (request, audience) => {
        expectWithinLimits(requestCard(request, { audience, settings: SETTINGS }));
        expectWithinLimits(requestDetails(request, SETTINGS));
        expectWithinLimits(noticeMessage(request, { event: "rejected", by: "U0APPROVER", reason: request.nextStep }));
        expectWithinLimits(myRequestsMessage(Array(12).fill(request), NOW));
        expect(faultsInView(rejectModal(request))).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  it("keeps Slack's limits on what is known of a secret, and on the intake modal with a hundred keys", () => {
    fc.assert(
      fc.property(entries, hostile(10_000), fc.boolean(), (entry, words, isTooMuch) => {
        const answer = hostileAnswer(entry, words);
        const card = whatMessage({ answer, request: null, lane: hostileLane(words), settings: SETTINGS });
        expectWithinLimits(card);
        expectWithinLimits(openCaseHint(card, "CS-101"));
        expectWithinLimits(secretDetails(answer, null, SETTINGS));
        const names = entry.twins.map(({ entryId, path, name }) => ({ entryId, path, ...name, isGone: false }));
        const near = names.map((name) => ({ ...name, because: words, apart: words }));
        const page = { id: "list", offset: 5, hasMore: true };
        expectWithinLimits(matchesMessage({ asked: words, kind: "none", near, page }, ACTION.askWhat));
        expectWithinLimits(
          namedMessage([
            ...near.map((match) => ({ kind: "match" as const, match })),
            { kind: "unknown", asked: words },
            { kind: "refused", asked: words, why: "No." },
          ]),
        );
        const blocks = answerBlocks({
          answer,
          request: null,
          lane: hostileLane(words),
          settings: SETTINGS,
          isApart: true,
        });
        expect(faultsInView(findModal(blocks))).toEqual([]);
        expect(faultsInView(teamCard(blocks))).toEqual([]);
        expect(faultsInOptions(near.map((hit) => findOption(hit, words)))).toEqual([]);
        const asking = { entryId: 42, verb: "claim", teams: [{ name: words }], path: entry.source } as const;
        expect(faultsInView(teamModal(asking))).toEqual([]);
        expectWithinLimits(unknownVerbMessage(words, "what"));
        const suggestion = { value: words, source: "rules", evidence: words };
        const form = intakeModal(
          {
            memory: { entryId: 42, replaces: null },
            source: entry.source,
            currentVersion: 7,
            keyNames: entry.keyNames,
            maxOlderVersions: 17,
            suggestions: SETTINGS.fields.map(({ field }) => ({ field, ...suggestion })),
            note: words,
            faults: Array(isTooMuch ? 40 : 1).fill({ text: words, blocks: true }),
            answers: {
              fields: {},
              target: null,
              name: words,
              shape: { kind: "single", key: entry.keyNames?.[0] ?? "k", encoding: "text" },
              olderVersions: 3,
              takesOver: true,
              notBefore: NOW,
              reason: words,
            },
          },
          SETTINGS,
        );
        expect(faultsInView(form)).toEqual([]);
        expect(faultsInView(intakeSkeleton(words))).toEqual([]);
        expect(faultsInView(intakeSecretModal(words, [words, words]))).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  it("keeps Slack's limits on a case and on what is relayed", () => {
    fc.assert(
      fc.property(requests, hostile(10_000), (request, words) => {
        const view: CaseView = {
          ...{ id: "CS-101", version: 1, status: "open", topic: words, openedBy: "U0ENGINEER", openedAt: NOW },
          ...{ claimedBy: null, resolvedBy: null, request, entry: null },
        };
        expectWithinLimits(caseCard(view));
        expectWithinLimits(relayToRequester(view, "U0SUPPORTER", words));
        expectWithinLimits(relayToThread(view, "U0ENGINEER", words));
      }),
      { numRuns: 40 },
    );
  });

  it("lets no text of people or Vault become a mention, a link or a channel", () => {
    fc.assert(
      fc.property(requests, entries, (request, entry) => {
        const card = requestCard(request, { audience: "approvers", settings: SETTINGS });
        const answer = hostileAnswer(entry, entry.source.path);
        const shown = [
          card,
          requestDetails(request, SETTINGS),
          whatMessage({ answer, request, lane: hostileLane(entry.source.path), settings: SETTINGS }),
          secretDetails(answer, request, SETTINGS),
        ];
        for (const text of shown.flatMap((view) => [view.text, ...mrkdwnIn(view.blocks)])) {
          expect(text).not.toMatch(REFERENCE);
          expect(text).not.toMatch(/&(?!(amp|lt|gt);)/); // no half of an escape
        }
      }),
      { numRuns: 60 },
    );
  });
});
