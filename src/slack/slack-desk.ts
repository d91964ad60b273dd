import { ErrorCode, type WebAPICallError, WebClient } from "@slack/web-api";
import { GloveboxError } from "../errors.ts";
import type { HomeView, Message, ModalView } from "./blocks.ts";

export class SlackUnavailableError extends GloveboxError {
  readonly code = "SLACK_UNAVAILABLE";
  readonly userMessage =
    "Slack is limiting or refusing me just now. What was saved is safe and the card will catch up by itself.";
  override readonly retryable = true;
  constructor(method: string, cause: string) {
    super(`${method}: ${cause}`);
  }
}

/** Where one message is. A DM is named by its `D…` channel: `chat.update` takes no user id. */
export interface Place {
  readonly channel: string;
  readonly ts: string;
}

/** Slack as the place where we show things. Every method throws {@link SlackUnavailableError} where Slack says no. */
export interface Desk {
  /** Posts, as a reply where `threadTs` is given. */
  post(channel: string, message: Message, threadTs?: string): Promise<Place>;
  /** Edits a message in place. Where it is gone (deleted, or too old to edit) it is posted anew. */
  update(place: Place, message: Message, threadTs?: string): Promise<Place>;
  /** Posts into a person's DM with us. */
  sendDirect(userId: string, message: Message, threadTs?: string): Promise<Place>;
  /** One person alone sees it, if at all: hints and errors only. */
  sendEphemeral(channel: string, userId: string, message: Message): Promise<void>;
  /** The text of one message, thread replies included; null if it is gone. Never store it: it is people's own. */
  readMessage(place: Place, threadTs: string): Promise<string | null>;
  openView(triggerId: string, view: ModalView): Promise<{ readonly viewId: string }>;
  /** On top of the modal that the trigger came from. */
  pushView(triggerId: string, view: ModalView): Promise<{ readonly viewId: string }>;
  updateView(viewId: string, view: ModalView): Promise<void>;
  /** @param hash The view that it may replace; null: any. */
  publishHome(userId: string, view: HomeView, hash: string | null): Promise<HomePublished>;
}

export type HomePublished =
  | { readonly kind: "published"; readonly hash: string }
  /** Something else was published since the hash was given out. */
  | { readonly kind: "conflict" }
  /** Slack limits how many are published in a minute. */
  | { readonly kind: "busy"; readonly retryAfterSeconds: number };

export interface DeskOptions {
  readonly token: string;
  /** Ends in `/api/`; Slack's own where absent. */
  readonly slackApiUrl?: string | undefined;
}

const GONE = new Set(["message_not_found", "cant_update_message", "edit_window_closed"]);

/**
 * Two clients: what a person waits for fails fast, for a modal's trigger lives three seconds; what the outbox delivers
 * may wait out a rate limit, and the outbox tries again.
 */
export function slackDesk({ token, slackApiUrl }: DeskOptions): Desk {
  const url = slackApiUrl === undefined ? {} : { slackApiUrl };
  const patient = new WebClient(token, { ...url, timeout: 10_000, retryConfig: { retries: 2 } });
  const quick = new WebClient(token, {
    ...url,
    timeout: 2_500,
    rejectRateLimitedCalls: true,
    retryConfig: { retries: 0 },
  });

  const post: Desk["post"] = (channel, message, threadTs) =>
    called("chat.postMessage", async () => {
      const posted = await patient.chat.postMessage({
        channel,
        ...sent(message),
        ...(threadTs === undefined ? {} : { thread_ts: threadTs }),
      });
      return { channel: posted.channel ?? channel, ts: posted.ts ?? "" };
    });

  return {
    post,
    update: async ({ channel, ts }, message, threadTs) => {
      try {
        await patient.chat.update({ channel, ts, text: message.text, blocks: message.blocks });
        return { channel, ts };
      } catch (error) {
        if (GONE.has(slackReason(error))) return post(channel, message, threadTs);
        throw new SlackUnavailableError("chat.update", slackReason(error));
      }
    },
    sendDirect: async (userId, message, threadTs) => {
      const opened = await called("conversations.open", () => patient.conversations.open({ users: userId }));
      return post(opened.channel?.id ?? userId, message, threadTs);
    },
    sendEphemeral: async (channel, user, message) => {
      await called("chat.postEphemeral", () => quick.chat.postEphemeral({ channel, user, ...sent(message) }));
    },
    readMessage: async ({ channel, ts }, threadTs) => {
      const { messages } = await called("conversations.replies", () =>
        patient.conversations.replies({ channel, ts: threadTs, oldest: ts, latest: ts, inclusive: true, limit: 2 }),
      );
      return messages?.find((message) => message.ts === ts)?.text ?? null;
    },
    openView: async (triggerId, view) => {
      const opened = await called("views.open", () => quick.views.open({ trigger_id: triggerId, view }));
      return { viewId: opened.view?.id ?? "" };
    },
    pushView: async (triggerId, view) => {
      const pushed = await called("views.push", () => quick.views.push({ trigger_id: triggerId, view }));
      return { viewId: pushed.view?.id ?? "" };
    },
    updateView: async (viewId, view) => {
      await called("views.update", () => patient.views.update({ view_id: viewId, view }));
    },
    publishHome: async (userId, view, hash) => {
      try {
        // Quick, for one that waits out a limit would hold up all the others.
        const published = await quick.views.publish({ user_id: userId, view, ...(hash !== null && { hash }) });
        return { kind: "published", hash: published.view?.hash ?? "" };
      } catch (error) {
        if (slackReason(error) === "hash_conflict") return { kind: "conflict" };
        const retryAfterSeconds = retryAfterOf(error);
        if (retryAfterSeconds !== null) return { kind: "busy", retryAfterSeconds };
        throw new SlackUnavailableError("views.publish", slackReason(error));
      }
    },
  };
}

// No unfurling: a link's preview is visible to everybody in the conversation.
const sent = ({ text, blocks }: Message) => ({ text, blocks, unfurl_links: false, unfurl_media: false });

async function called<T>(method: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    // Not kept as `cause`: the SDK's errors carry what was sent, and with it people's text.
    throw new SlackUnavailableError(method, slackReason(error));
  }
}

/** null: it is no rate limit. */
function retryAfterOf(error: unknown): number | null {
  if (typeof error !== "object" || error === null) return null;
  const { code, retryAfter } = error as { code?: unknown; retryAfter?: unknown };
  return code === ErrorCode.RateLimitedError && typeof retryAfter === "number" ? Math.max(1, retryAfter) : null;
}

/** Slack's own word for what is wrong (`channel_not_found`), or the SDK's code; never a message, which may quote. */
export function slackReason(error: unknown): string {
  if (typeof error !== "object" || error === null) return "unknown";
  const { code, data } = error as Partial<WebAPICallError> & { data?: unknown };
  if (code === ErrorCode.PlatformError && typeof data === "object" && data !== null && "error" in data) {
    return String(data.error);
  }
  return typeof code === "string" ? code : "unknown";
}
