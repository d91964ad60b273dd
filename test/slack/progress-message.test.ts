import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { faultsInBlocks, textTotal } from "../../dev/slack/block-kit-rules.ts";
import { renderMessage } from "../../dev/slack/render-as-text.ts";
import type { Message as SlackMessage } from "../../dev/slack/workspace-shapes.ts";
import type { ProgressReport } from "../../src/migration/progress/count-progress.ts";
import { type CountRow, groupCounts, PROGRESS_STATES } from "../../src/migration/progress/progress-counts.ts";
import { LIMITS } from "../../src/slack/block-kit-limits.ts";
import type { Message } from "../../src/slack/blocks.ts";
import { progressMessage } from "../../src/slack/progress-message.ts";
import { NOW } from "./sample-states.ts";

const hoursAgo = (hours: number): Date => new Date(NOW.getTime() - hours * 3_600_000);
const shown = (message: Message): string => renderMessage(message as unknown as SlackMessage);

function sampleReport(changes: Partial<ProgressReport> & { teams?: ProgressReport["by"]["team"] } = {}) {
  const { teams = [], ...rest } = changes;
  const report: ProgressReport = {
    asOf: NOW,
    whole: groupCounts("", [
      { lane: "standard", state: "identified", count: 48_000 },
      { lane: "standard", state: "moved", count: 2_500 },
      { lane: "complex", state: "found", count: 9_000 },
      { lane: "white-glove", state: "asked", count: 3 },
      { lane: null, state: "found", count: 7 },
    ]),
    by: { team: teams, namespace: [], type: [], mount: [] },
    judgement: {
      judgedAt: hoursAgo(3),
      entryCount: 59_503,
      tookMs: 4_000,
      evidence: { from: hoursAgo(24 * 30), to: hoursAgo(4) },
    },
    catalogue: { finishedAt: hoursAgo(1), unreadableCount: 0, isNewerUnfinished: false },
    ...rest,
  };
  return report;
}

const team = (name: string, count: number, moved = 0) =>
  groupCounts(name, [
    { lane: "standard", state: "identified", count },
    { lane: "standard", state: "moved", count: moved },
    { lane: "white-glove", state: "found", count: 1 },
  ]);

describe("/secrets progress", () => {
  it("says in words how many moved, how much care the rest asks for, how far it is, and how old all that is", () => {
    const text = shown(progressMessage(sampleReport({ teams: [team("payments", 80, 19), team("", 5)] })));
    for (const expected of [
      "Progress: 2,500 of 59,510 secrets moved (4.2 %)",
      "Standard: 50,500 (84.9 %), by request and approval",
      "White-glove: 3 (under 0.1 %), with support's help",
      "7 more were found since the lanes were judged",
      "2,500 (4.2 %) moved, and still in Vault as well",
      "*payments*: 19 of 100 moved (19.0 %), 1 white-glove",
      "_No owner known_: 0 of 6 moved (0 %), 1 white-glove",
      "The last whole crawl of Vault ended 1 hour ago.",
      "Lanes were judged 3 hours ago, from an audit log of 30 days that ends 4 hours ago.",
    ]) {
      expect(text).toContain(expected);
    }
    expect(text).not.toContain("Show more");
  });

  it("says what is missing: no crawl, no judgement, no audit log, unread places", () => {
    const none = { finishedAt: null, unreadableCount: 2_000, isNewerUnfinished: true };
    const text = shown(progressMessage(sampleReport({ judgement: null, catalogue: none })));
    expect(text).toContain("No crawl of Vault has come to its end yet");
    expect(text).toContain("2,000 places in Vault could not be read");
    expect(text).toContain("The lanes have not been judged yet.");
    const judgement = { judgedAt: NOW, entryCount: 1, tookMs: 1, evidence: null };
    expect(shown(progressMessage(sampleReport({ judgement })))).toContain("No audit log of Vault was read");
  });

  it("shows ten teams at a time, and a page past the end shows none", () => {
    const teams = Array.from({ length: 23 }, (_, at) => team(`team-${at + 1}`, 50 - at));
    const page = (offset: number): string => shown(progressMessage(sampleReport({ teams }), offset));
    expect(page(0)).toContain("*Teams*, 1 to 10 of 23");
    expect([/Show more/.test(page(0)), /Previous/.test(page(0))]).toEqual([true, false]);
    expect(page(10)).toContain("*team-11*");
    expect([/Show more/.test(page(20)), /Previous/.test(page(20))]).toEqual([false, true]);
    expect(page(20)).toContain("21 to 23 of 23");
    expect(page(500)).toContain("Previous");
  });

  it("stays within Slack's limits whatever teams are called and however much there is", () => {
    const name = fc.constantFrom(
      "",
      "<!channel> *x* `y`",
      "a".repeat(10_000),
      "e\u0301\u202e",
      "&<>".repeat(500),
      "👩‍👩‍👧".repeat(99),
    );
    const row: fc.Arbitrary<CountRow> = fc.record({
      lane: fc.constantFrom(null, "standard" as const, "complex" as const, "white-glove" as const),
      state: fc.constantFrom(...PROGRESS_STATES),
      count: fc.nat(10_000_000),
    });
    const group = fc
      .record({ name, rows: fc.array(row, { maxLength: 30 }) })
      .map((one) => groupCounts(one.name, one.rows));
    fc.assert(
      fc.property(group, fc.array(group, { maxLength: 30 }), fc.nat(40), (whole, teams, offset) => {
        const { text, blocks } = progressMessage(sampleReport({ whole, teams }), offset);
        expect(faultsInBlocks(blocks)).toEqual([]);
        expect(textTotal(blocks)).toBeLessThanOrEqual(LIMITS.messageTotal);
        expect(text).not.toMatch(/NaN|undefined|<!/);
        expect(JSON.stringify(blocks)).not.toContain("<!channel>");
      }),
    );
  });
});
