import { readFileSync } from "node:fs";
import { createContext, runInContext } from "node:vm";
import { describe, expect, it } from "vitest";

const SCRIPT = readFileSync(new URL("../../dev/slack/in-the-page.js", import.meta.url), "utf8");

interface PageSocket {
  onmessage: (event: { data: string }) => void;
  send(data: string): void;
}

/** The script in a page whose socket goes nowhere: `arrives` shows what the page reads, `leaves` what it sends. */
function page() {
  const sent: string[] = [];
  let listener: (event: { data: string }) => void = () => undefined;
  // A browser's socket has `onmessage` on its prototype, which is where the script overrides it.
  class BrowserSocket {
    set onmessage(given: typeof listener) {
      listener = given;
    }
    send(data: string): void {
      sent.push(data);
    }
  }
  const window: { WebSocket: new () => PageSocket } = { WebSocket: BrowserSocket };
  runInContext(SCRIPT, createContext({ window, setTimeout: () => undefined, Object }));
  const socket = Reflect.construct(window.WebSocket, []) as PageSocket;
  let seen: unknown;
  socket.onmessage = ({ data }) => {
    seen = JSON.parse(data);
  };
  return {
    arrives: (frame: object): unknown => {
      listener({ data: JSON.stringify(frame) });
      return seen;
    },
    leaves: (frame: object): unknown => {
      socket.send(JSON.stringify(frame));
      return JSON.parse(sent.at(-1) ?? "null");
    },
  };
}

const input = (id: string, element: object) => ({
  type: "input",
  block_id: id,
  element: { action_id: id, ...element },
});

describe("local-slack's page with our script in it", () => {
  it("shows escaped text, dates and groups as people read them, and plain text as it is", () => {
    const blocks = [
      {
        type: "section",
        text: { type: "mrkdwn", text: "a &amp;lt; b, <!date^1^{time}|17:00>, <!subteam^S1|@owners>" },
      },
      { type: "header", text: { type: "plain_text", text: "&amp;" } },
    ];
    expect(page().arrives({ t: "message", message: { text: "&lt;b&gt;", blocks } })).toEqual({
      t: "message",
      message: {
        text: "<b>",
        blocks: [
          { type: "section", text: { type: "mrkdwn", text: "a &lt; b, 17:00, @owners" } },
          { type: "header", text: { type: "plain_text", text: "&amp;" } },
        ],
      },
    });
  });

  it("escapes what people type, and leaves mentions alone", () => {
    const typed = { t: "post_message", text: "<@U1> a & <b>" };
    expect(page().leaves(typed)).toEqual({ t: "post_message", text: "<@U1> a &amp; &lt;b&gt;" });
  });

  it("submits what a modal was opened with, unless it was changed or emptied", () => {
    const { arrives, leaves } = page();
    const option = { value: "prod" };
    const blocks = [
      input("kept", { type: "plain_text_input", initial_value: "kept" }),
      input("emptied", { type: "plain_text_input", initial_value: "was here" }),
      input("chosen", { type: "static_select", initial_option: option }),
      input("untouched", { type: "plain_text_input" }),
    ];
    arrives({ t: "view", stack: [{ blocks }] });
    const values = { emptied: { emptied: { type: "plain_text_input", value: "" } } };
    expect(leaves({ t: "view_submit", user: "U1", values })).toMatchObject({
      values: {
        kept: { kept: { type: "plain_text_input", value: "kept" } },
        emptied: { emptied: { type: "plain_text_input", value: null } },
        chosen: { chosen: { type: "static_select", selected_option: option } },
      },
    });
  });
});
