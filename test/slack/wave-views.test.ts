import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { faultsInBlocks, faultsInView, textTotal } from "../../dev/slack/block-kit-rules.ts";
import { ITEM_STATES, type ItemCounts } from "../../src/migration/waves/item-states.ts";
import type { BatchView } from "../../src/migration/waves/load-batch-view.ts";
import type { WaveState } from "../../src/migration/waves/wave-state.ts";
import { batchCard } from "../../src/slack/batch-card.ts";
import type { Message } from "../../src/slack/blocks.ts";
import { batchRejectModal, exceptionsModal, sampleModal } from "../../src/slack/sample-modal.ts";
import { waveCard } from "../../src/slack/wave-card.ts";
import { waveNotice } from "../../src/slack/wave-notice.ts";
import type { BatchPhase, WavePhase } from "../../src/store/tables/waves.ts";
import { NOW, SETTINGS, sampleRequest } from "./sample-states.ts";

const words = fc.oneof(
  fc.constantFrom(
    "<!channel> <@U0EVIL>",
    "`*_~`".repeat(900),
    "&amp;<<>>".repeat(400),
    "a\nb\u2028c",
    "x".repeat(9_000),
  ),
  fc.string({ unit: "binary", maxLength: 200 }),
);
const some = fc.array(words, { maxLength: 30 });
const counts = Object.fromEntries(ITEM_STATES.map((state, index) => [state, index * 40])) as ItemCounts;

const waves = fc
  .record({
    text: words,
    waits: some,
    state: fc.constantFrom<WavePhase>("draft", "open", "running", "paused", "done", "dropped"),
  })
  .map(
    ({ text, waits, state }): WaveState => ({
      ...{ name: "w".repeat(40), requester: "U0ENGINEER", createdBy: text, reason: text, selection: text, state },
      ...{
        pauseReason: text,
        endedBy: null,
        endReason: null,
        stopAfter: 3,
        createdAt: NOW,
        startedAt: NOW,
        counts,
        itemCount: 62_800,
        exceptionCount: 9,
      },
      batches: Array.from({ length: 126 }, (_, index) => ({
        ...{ number: index + 1, version: 1, state: "planned" as const, decidedBy: null, decidedAt: null, reason: text },
        ...{ counts, itemCount: 500 },
      })),
      examples: Array(5).fill({ name: text || "x", targetName: text, notes: [text, text] }),
      failures: Array(20).fill({ requestId: "RQ-1", name: text, causeCode: "X", causeText: text, nextStep: text }),
      ...{ secondsEach: 0.4, approvedUntil: NOW, allUntil: NOW, isAllPaused: true, waits: [...waits, text] },
    }),
  );

const batches = fc
  .record({
    text: words,
    values: some,
    state: fc.constantFrom<BatchPhase>("waiting", "approving", "approved", "ended", "rejected", "expired"),
  })
  .map(({ text, values, state }): BatchView => {
    const shares = values.map((value) => ({ value, count: 7 }));
    return {
      wave: { name: "w1", requester: "U0ENGINEER", reason: text, selection: text, state: "running" },
      batch: {
        ...{ wave: "w1", number: 2, version: 3, state, sampleSeed: "s", decidedBy: "U0APPROVER", decidedAt: NOW },
        ...{ reason: text, decision: null, decisionSignature: null, decisionKeyId: null, askedAt: NOW, changedAt: NOW },
      },
      ...{
        batchCount: 126,
        counts,
        itemCount: 500,
        sampleCount: 10,
        exceptionCount: 4,
        mounts: shares,
        unusual: shares,
      },
      targets: values.map((value) => ({ target: { ...sampleRequest().content.target, kmsKeyId: value }, count: 1 })),
      ...{ tags: values.map((value) => ({ "owner-team": value, environment: value })), expiresAt: NOW },
    };
  });

function expectWithinLimits({ text, blocks }: Message): void {
  expect(faultsInBlocks(blocks)).toEqual([]);
  expect(textTotal(blocks)).toBeLessThanOrEqual(10_000);
  expect(text.trim()).not.toBe("");
  expect(JSON.stringify([text, blocks])).not.toMatch(/<!channel>|<@U0EVIL>/);
}

describe("a wave's views, given hostile text and 62,800 secrets", () => {
  it("keep Slack's limits on the wave's card and its notices", () => {
    fc.assert(
      fc.property(waves, fc.constantFrom("requester", "operators"), (wave, audience) => {
        expectWithinLimits(waveCard(wave, audience));
        for (const event of ["paused", "batch-ended", "batch-rejected", "done", "what"]) {
          expectWithinLimits(waveNotice(wave, { event, number: 2, by: "operator:ops", reason: wave.reason, moved: 3 }));
        }
      }),
      { numRuns: 60 },
    );
  });

  it("keep Slack's limits on a batch's card", () => {
    fc.assert(
      fc.property(batches, (view) => expectWithinLimits(batchCard(view, SETTINGS))),
      { numRuns: 60 },
    );
  });

  it("keep Slack's limits on the sample, the exceptions and the reject modal", () => {
    fc.assert(
      fc.property(words, (text) => {
        const { content } = sampleRequest();
        const source = { ...content.source, path: text || "x" };
        const tags = Object.fromEntries(SETTINGS.fields.map(({ tag }) => [tag, text.slice(0, 255)]));
        const item = {
          requestId: "RQ-1",
          vaultVersion: 7,
          notes: Array(9).fill(text),
          content: { ...content, source, tags },
        };
        const page = { wave: "w1", number: 1, version: 1, page: 1, pageCount: 2, sampleCount: 10, itemCount: 500 };
        expect(faultsInView(sampleModal({ ...page, items: Array(5).fill(item) }, SETTINGS))).toEqual([]);
        const exception = { place: text, name: text, code: "X", reason: text, nextStep: text };
        const list = { exceptions: Array(15).fill(exception), total: 40 };
        expect(faultsInView(exceptionsModal({ wave: "w1", page: 2 }, list))).toEqual([]);
        expect(faultsInView(batchRejectModal({ wave: "w1", number: 1, version: 1 }))).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });
});
