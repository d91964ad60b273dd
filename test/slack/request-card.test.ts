import { describe, expect, it } from "vitest";
import { renderMessage } from "../../dev/slack/render-as-text.ts";
import type { Message as SlackMessage } from "../../dev/slack/workspace-shapes.ts";
import type { RequestState } from "../../src/migration/request-state.ts";
import type { Message } from "../../src/slack/blocks.ts";
import type { CardAudience } from "../../src/slack/request-buttons.ts";
import { requestCard } from "../../src/slack/request-card.ts";
import { riskWords } from "../../src/slack/risk-words.ts";
import { SETTINGS, sampleMigration, sampleRequest } from "./sample-states.ts";

const shown = (message: Message): string => renderMessage(message as unknown as SlackMessage);
const card = (state: RequestState, audience: CardAudience) =>
  shown(requestCard(state, { audience, settings: SETTINGS }));
const buttonsOf = (text: string): string[] => [...text.matchAll(/\[([A-Z][^\]]*)\]/g)].map(([, label = ""]) => label);

const failed = (canRetry: boolean) =>
  sampleRequest({
    status: "failed",
    migration: sampleMigration({ state: "failed", canRetry, causeText: "AWS is down." }),
  });
const done = sampleRequest({ status: "migrated", migration: sampleMigration({ state: "done", canUndo: true }) });

describe("the card of a request", () => {
  it.each<[string, RequestState, CardAudience, string[]]>([
    ["waiting, to approvers", sampleRequest(), "approvers", ["Approve", "Reject"]],
    ["waiting, to the requester", sampleRequest(), "requester", ["Edit", "Withdraw"]],
    ["waiting, to anyone", sampleRequest(), "anyone", []],
    ["failed and still approved", failed(true), "requester", ["Retry", "Request again"]],
    ["failed and still approved, to approvers", failed(true), "approvers", ["Retry"]],
    ["failed with the approval gone", failed(false), "requester", ["Request again"]],
    ["migrated, to approvers", done, "approvers", ["Undo"]],
    ["migrated, to the requester, who may not undo", done, "requester", []],
    ["rejected, to the requester", sampleRequest({ status: "rejected" }), "requester", ["Request again"]],
  ])("offers when %s", (_when, state, audience, expected) => {
    expect(buttonsOf(card(state, audience))).toEqual([...expected, "Ask support", "Details"]);
  });

  it("says why a secret wants more care, and what is next, while that can still be given", () => {
    const reason = { lane: "white-glove" as const, stops: false, nextStep: "Ask support first." };
    const laneReasons = [
      { ...reason, code: "HOT_PATH", text: "it is read 900 times a day" },
      { ...reason, code: "MANY_CLIENTS", text: "12 different clients read it" },
    ];
    const line = "*Lane*  white-glove: it is read 900 times a day; 12 different clients read it. Ask support first.";
    expect(card(sampleRequest({ laneReasons }), "approvers")).toContain(line);
    expect(card(sampleRequest({ laneReasons, status: "rejected" }), "approvers")).not.toContain("*Lane*");
    expect(card(sampleRequest(), "approvers")).not.toContain("*Lane*");
  });

  it("says who, what, where to, why and the risk, in this order", () => {
    const text = card(sampleRequest(), "approvers");
    const parts = ["@U0ENGINEER asks", "*What*", "*Where to*", "*Why*", "*Risk*", "*Asked*"];
    expect(parts.map((part) => text.indexOf(part))).toEqual(
      parts.map((part) => text.indexOf(part)).sort((a, b) => a - b),
    );
    expect(parts.every((part) => text.includes(part))).toBe(true);
  });

  it("shows old and new side by side where it changed since an approver may have seen it", () => {
    const changes = [{ field: "Target name", from: "bank/a", to: "bank/b" }];
    const text = card(sampleRequest({ version: 3, changes }), "approvers");
    expect(text).toContain("*Changed since version 2*\n• Target name: `bank/a` → `bank/b`");
  });

  it("carries the request's number and version in its buttons, and nothing else", () => {
    const { blocks } = requestCard(sampleRequest({ version: 4 }), { audience: "approvers", settings: SETTINGS });
    const values = [...JSON.stringify(blocks).matchAll(/"value":"([^"]*)"/g)].map(([, value]) => value);
    expect(new Set(values)).toEqual(new Set(["RQ-1001:4"]));
  });

  it("tells the engine's step in words while it runs", () => {
    const running = sampleRequest({ status: "migrating", migration: sampleMigration({ state: "closed" }) });
    expect(card(running, "approvers")).toContain("Step 3 of 7: The lease is closed and proven dead.");
  });

  it("tells a failure that took back what it wrote from one that wrote nothing", () => {
    const rolledBack = sampleRequest({ status: "failed", migration: sampleMigration({ state: "undone" }) });
    expect(card(rolledBack, "requester")).toContain("*Failed – rolled back*");
    expect(card(failed(true), "requester")).toContain("*Failed*");
  });
});

describe("the risk", () => {
  it("is unknown, and not low, where nobody said what the secret is", () => {
    expect(riskWords({ tags: {} }, SETTINGS.fields)).toBe("Unknown: environment not stated, classification not stated");
  });
});
