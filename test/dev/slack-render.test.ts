import { describe, expect, it } from "vitest";
import { fillView } from "../../dev/slack/fill-view.ts";
import { renderMessage, renderView } from "../../dev/slack/render-as-text.ts";
import type { Block, View } from "../../dev/slack/workspace-shapes.ts";

const plain = (text: string) => ({ type: "plain_text", text }) as const;
const mrkdwn = (text: string) => ({ type: "mrkdwn", text }) as const;
const option = (value: string) => ({ text: plain(value.toUpperCase()), value });

const card: Block[] = [
  { type: "header", text: plain("Move payments/checkout") },
  { type: "section", text: mrkdwn("Asked by <@U1>"), fields: [mrkdwn("*To*\nprod &amp; more"), mrkdwn("*Risk*\nlow")] },
  { type: "divider" },
  {
    type: "context",
    elements: [{ ...mrkdwn("expires <!date^1^{time}|17:00>") }, { ...mrkdwn("<!subteam^S1|@owners>") }],
  },
  {
    type: "actions",
    elements: [
      { type: "button", text: plain("Approve"), action_id: "a" },
      { type: "button", text: plain("Reject"), action_id: "r" },
      { type: "overflow", action_id: "o", options: [option("details"), option("claim")] },
    ],
  },
];
const form: View = {
  id: "V1",
  hash: "1",
  type: "modal",
  title: plain("Ask"),
  submit: plain("Send"),
  close: plain("Cancel"),
  blocks: [
    {
      type: "input",
      block_id: "env",
      label: plain("Environment"),
      hint: plain("from the path"),
      element: {
        type: "static_select",
        action_id: "env",
        options: [option("prod"), option("test")],
        initial_option: option("prod"),
      },
    },
    {
      type: "input",
      block_id: "why",
      label: plain("Reason"),
      optional: true,
      element: { type: "plain_text_input", action_id: "why", max_length: 5 },
    },
    {
      type: "input",
      block_id: "tags",
      label: plain("Tags"),
      element: {
        type: "checkboxes",
        action_id: "tags",
        options: [option("pci"), option("pii")],
        initial_options: [option("pci")],
      },
    },
    { type: "input", block_id: "on", label: plain("On"), element: { type: "datepicker", action_id: "on" } },
  ],
};

describe("a message or modal as text", () => {
  it("reads as a person reads it", () => {
    expect(renderMessage({ text: "fallback", blocks: card }, { U1: "erin" })).toBe(
      [
        "# Move payments/checkout",
        "Asked by @erin",
        "  *To* prod & more",
        "  *Risk* low",
        "----",
        "(expires 17:00 · @owners)",
        "[Approve]  [Reject]  [… DETAILS | CLAIM]",
      ].join("\n"),
    );
  });

  it("is the text where there are no blocks, and unescapes it once only", () => {
    expect(renderMessage({ text: "a &amp;lt; b <https://x.example|here>" })).toBe("a &lt; b here (https://x.example)");
  });

  it("shows a modal's fields with what is in them, and its buttons", () => {
    expect(renderView(form)).toBe(
      [
        "== Ask ==",
        "Environment: [PROD v]",
        "  (from the path)",
        "Reason (optional): []",
        "Tags: [PCI v]",
        "On: [ v]",
        "[Cancel]  [Send]",
      ].join("\n"),
    );
  });
});

describe("filling a modal", () => {
  it("keeps what it was opened with, and takes what is given", () => {
    const { values, errors } = fillView(form, { on: "2026-11-24", tags: ["pii"] });
    expect(errors).toEqual({});
    expect(values).toEqual({
      env: { env: { type: "static_select", selected_option: option("prod") } },
      why: { why: { type: "plain_text_input", value: null } },
      tags: { tags: { type: "checkboxes", selected_options: [option("pii")] } },
      on: { on: { type: "datepicker", selected_date: "2026-11-24" } },
    });
  });

  it("finds what Slack's client would not send", () => {
    const { errors } = fillView(form, { env: null, why: "too long", tags: [] });
    expect(Object.keys(errors)).toEqual(["env", "why", "tags", "on"]);
  });

  it("knows fields and options that are not there", () => {
    expect(() => fillView(form, { nope: "x" })).toThrow("no field nope");
    expect(() => fillView(form, { env: "moon" })).toThrow('offers no "moon"');
  });
});
