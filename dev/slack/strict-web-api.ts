import { faultsInBlocks, faultsInView, MAX_MESSAGE_TEXT_TOTAL, textTotal } from "./block-kit-rules.ts";

export type Args = Record<string, unknown>;
export interface Refusal {
  /** Slack's error code, or `missing_fallback_text`, which Slack lets pass with a warning. */
  error: string;
  details: string[];
}

const MESSAGE_METHODS = new Set(["chat.postMessage", "chat.update", "chat.postEphemeral", "response_url"]);
const VIEW_METHODS = new Set(["views.open", "views.push", "views.update", "views.publish"]);
const MAX_TEXT = 40_000;
const MAX_VIEW_BYTES = 250_000;

/** What Slack would say where local-slack says yes. Stateful: trigger ids are single-use and views have hashes. */
export function strictWebApi({ botToken, appToken, triggerLifeMs }: Tokens & { triggerLifeMs: number }) {
  const usedTriggers = new Set<string>();
  const hashes = new Map<unknown, unknown>();

  const wrongTrigger = (trigger: unknown): Refusal | undefined => {
    if (typeof trigger !== "string") return refusal("invalid_arguments", "trigger_id is missing");
    if (usedTriggers.has(trigger)) return refusal("exchanged_trigger_id", "a trigger_id works once");
    usedTriggers.add(trigger);
    const age = triggerAgeMs(trigger, Date.now());
    if (age > triggerLifeMs) return refusal("expired_trigger_id", `trigger_id was ${age} ms old`);
    return undefined;
  };

  return {
    /** The refusal that Slack would give, or undefined. */
    refuse(method: string, args: Args, token: string | undefined): Refusal | undefined {
      if (method !== "response_url" && token !== (method === "apps.connections.open" ? appToken : botToken)) {
        return refusal(token === appToken || token === botToken ? "not_allowed_token_type" : "invalid_auth");
      }
      if (method === "chat.update" && /^[UW]/.test(String(args.channel))) {
        return refusal("channel_not_found", "chat.update of a direct message needs its D… id");
      }
      if (MESSAGE_METHODS.has(method)) return wrongMessage(args);
      if (!VIEW_METHODS.has(method)) return undefined;
      const details = faultsInView(args.view);
      if (details.length > 0) return { error: "invalid_arguments", details };
      if (JSON.stringify(args.view).length > MAX_VIEW_BYTES) return refusal("view_too_large");
      if (method === "views.open" || method === "views.push") return wrongTrigger(args.trigger_id);
      const known = hashes.get(viewKey(args));
      return args.hash && known && known !== args.hash ? refusal("hash_conflict") : undefined;
    },
    /** What Slack takes but a careful bot does not send. */
    frownAt(method: string, args: Args): Refusal | undefined {
      const isBare = MESSAGE_METHODS.has(method) && args.blocks && !args.text;
      return isBare ? refusal("missing_fallback_text", "blocks without text: nothing for notifications") : undefined;
    },
    /** Remembers the hash of the view that was just shown, under its new id and the id that was asked for. */
    learn(args: Args, answer: unknown): void {
      const view = (answer as { view?: { id?: string; hash?: string } } | undefined)?.view;
      if (!view?.id) return;
      hashes.set(view.id, view.hash);
      if (args.view_id || args.user_id) hashes.set(viewKey(args), view.hash);
    },
  };
}

interface Tokens {
  botToken: string;
  appToken: string;
}

const viewKey = (args: Args): unknown => args.view_id ?? args.external_id ?? `home of ${args.user_id}`;
const refusal = (error: string, ...details: string[]): Refusal => ({ error, details });

function wrongMessage(args: Args): Refusal | undefined {
  const { text, blocks } = args;
  const isEmpty = !text && !args.attachments && !(Array.isArray(blocks) && blocks.length > 0);
  if (isEmpty && !args.delete_original) return refusal("no_text");
  if (typeof text === "string" && text.length > MAX_TEXT) return refusal("msg_too_long");
  if (blocks === undefined) return undefined;
  const details = faultsInBlocks(blocks);
  if (details.length > 0) return { error: "invalid_blocks", details };
  const total = textTotal(blocks);
  return total > MAX_MESSAGE_TEXT_TOTAL ? refusal("msg_blocks_too_long", `${total} characters in all`) : undefined;
}

/** local-slack starts a trigger id with the last nine digits of its clock in ms, so its age can be read off. */
function triggerAgeMs(trigger: string, nowMs: number): number {
  const issued = Number(trigger.slice(0, 9));
  return Number.isNaN(issued) ? 0 : ((nowMs % 1e9) - issued + 1e9) % 1e9;
}
