import { chromium } from "playwright-core";
import { findChromium } from "./find-chromium.ts";

export interface Look {
  /** Whose eyes: a user id. */
  readonly as: string;
  /** A channel as the sidebar names it, or the bot's name for its Home tab. */
  readonly channel: string;
  /** Opens the thread of the channel's last message that has one. */
  readonly withThread?: boolean;
}

export interface WorkspacePage {
  look(look: Look): Promise<void>;
  /** Makes the window as tall as its longest part needs, so that nothing is cut off, and writes it as PNG. */
  shoot(file: string): Promise<void>;
  close(): Promise<void>;
}

const SIZE = { width: 1_280, height: 640 };
const TALLEST = 1_600;
const SETTLE_MS = 500; // the page draws what it heard in the same moment, and loads fonts once
const SCROLLING_PARTS = ".messages, .thread-body, .modal-body, .home";
/** As in Slack's client, a long name breaks instead of running out of the window; the thread is as wide as one drags it. */
const AS_IN_SLACK =
  "code { overflow-wrap: anywhere; white-space: normal; } .thread-pane { flex: 0 0 540px !important; width: 540px !important; }";

/** Opens the practice workspace's page in this machine's Chromium. */
export async function openWorkspacePage(uiUrl: string): Promise<WorkspacePage> {
  // Chromium's sandbox does not work for root; the page is our own, on this machine.
  const browser = await chromium.launch({ executablePath: findChromium(), args: ["--no-sandbox"] });
  const page = await browser.newPage({ viewport: SIZE });
  await page.goto(uiUrl);
  await page.addStyleTag({ content: AS_IN_SLACK });
  const hiddenHeight = async (): Promise<number> => {
    await page.waitForTimeout(SETTLE_MS);
    const heights = await page
      .locator(SCROLLING_PARTS)
      .evaluateAll((parts: { scrollHeight: number; clientHeight: number }[]) =>
        parts.map(({ scrollHeight, clientHeight }) => scrollHeight - clientHeight),
      );
    return Math.max(0, ...heights);
  };
  return {
    async look({ as, channel, withThread = false }) {
      await page.locator(".actas select").selectOption(as);
      await page.locator(".sidebar-item", { hasText: channel }).click();
      if (withThread) await page.locator(".thread-summary").last().click();
      await page.mouse.move(0, 0); // whatever the mouse is over is drawn in grey
    },
    async shoot(file) {
      await page.setViewportSize(SIZE);
      // A modal gets only a part of the window's height, so one step may not be enough.
      let height = SIZE.height;
      for (let hidden = await hiddenHeight(); hidden > 0 && height < TALLEST; hidden = await hiddenHeight()) {
        height = Math.min(TALLEST, height + hidden);
        await page.setViewportSize({ ...SIZE, height });
      }
      await page.screenshot({ path: file });
    },
    close: () => browser.close(),
  };
}
