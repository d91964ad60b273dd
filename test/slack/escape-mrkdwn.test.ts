import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { code, escapeMrkdwn, quote, unescapeCommandText } from "../../src/slack/escape-mrkdwn.ts";
import { shorten, shortenLines } from "../../src/slack/shorten.ts";

describe("text from people", () => {
  it("is undone as Slack sent it, whatever it was", () => {
    fc.assert(
      fc.property(fc.string(), (typed) => {
        expect(unescapeCommandText(escapeMrkdwn(typed))).toBe(typed);
      }),
    );
  });

  it.each([
    ["what secret/<http://a.example|a.example>/b", "what secret/a.example/b"],
    ["what secret/<https://a.example/x>", "what secret/https://a.example/x"],
    ["what <mailto:ops@bank.example|ops@bank.example>", "what ops@bank.example"],
    ["what a&amp;lt;b", "what a&lt;b"],
  ])("is taken out of the link that Slack made of it: %s", (sent, typed) => {
    expect(unescapeCommandText(sent)).toBe(typed);
  });

  it("can't end the code style that a name stands in", () => {
    expect(code("a`b\nc")).toBe("`aˋb⏎c`");
  });

  it("marks every line of a quotation, so none can pass for a line of the card", () => {
    expect(quote("fine\n*Risk*  none").split("\n")).toEqual(["> fine", "> *Risk*  none"]);
  });
});

describe("shorten", () => {
  it("never goes over the limit, and says that it cut", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 80 }), fc.integer({ min: 1, max: 60 }), (text, max) => {
        const short = shorten(text, max);
        expect(short.length).toBeLessThanOrEqual(max);
        expect(short === text || short.endsWith("…")).toBe(true);
      }),
    );
  });

  it.each([
    ["ab&amp;cd", 6, "ab…"],
    ["ab<@U1>cd", 6, "ab…"],
    ["a👍b c", 3, "a…"],
  ])("cuts no escape, mention or character in half: %s at %i", (text, max, expected) => {
    expect(shorten(text, max)).toBe(expected);
  });

  it("counts the lines that did not fit", () => {
    expect(shortenLines(["one".repeat(5), "two".repeat(5), "three".repeat(5)], 45)).toBe(
      `${"one".repeat(5)}\n… and 2 more`,
    );
  });
});
