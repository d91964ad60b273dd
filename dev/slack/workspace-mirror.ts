import { EventEmitter, once } from "node:events";
import type { Block, Channel, LogEntry, Message, View } from "./workspace-shapes.ts";

interface Frame {
  t: string;
  state?: {
    messages: Record<string, Message[]>;
    channels: Channel[];
    modalStack: View[];
    homeViews: Record<string, Record<string, View>>;
    log: LogEntry[];
  };
  entry?: LogEntry;
  stack?: View[];
  errors?: Record<string, string>;
  user?: string;
  view?: View;
  message?: Message;
}

export interface WorkspaceMirror {
  /** Traffic since we looked, whole: local-slack itself keeps the last 1,000 lines. */
  log: LogEntry[];
  /** Every state that any message or view ever had, which an edit or a close takes out of the workspace. */
  everShown: unknown[];
  /** local-slack has one stack of modals for all people; its last is on top. */
  modalStack: View[];
  /** Who asked for the modal that is open: the user of its trigger_id. */
  modalOwner: string | undefined;
  homeViews: Map<string, View>;
  /** Errors that the bot put under the open modal's fields, until the modal changes. */
  viewErrors: Record<string, string> | undefined;
  /** Counts answers to submitted modals: the stack changed, or errors were shown. */
  viewChanges: number;
  send(frame: object): void;
  /** Resolves at the next change of anything, or after `ms`. */
  changed(ms: number): Promise<void>;
  close(): void;
}

/** Follows a workspace over the same socket as its page, which alone tells of modals, their errors and Home tabs. */
export async function mirrorWorkspace(uiUrl: string): Promise<WorkspaceMirror> {
  const socket = new WebSocket(`${uiUrl.replace(/^http/, "ws")}ui`);
  const changes = new EventEmitter().setMaxListeners(0);
  const triggerOwners = new Map<string, string>();

  const mirror: WorkspaceMirror = {
    log: [],
    everShown: [],
    modalStack: [],
    modalOwner: undefined,
    homeViews: new Map(),
    viewErrors: undefined,
    viewChanges: 0,
    send: (frame) => socket.send(JSON.stringify(frame)),
    changed: async (ms) => {
      const waiting = new AbortController();
      const timer = setTimeout(() => waiting.abort(), ms);
      await once(changes, "change", { signal: waiting.signal }).catch(() => undefined); // aborted: time is up
      clearTimeout(timer);
    },
    close: () => socket.close(),
  };

  const note = (entry: LogEntry): void => {
    mirror.log.push(entry);
    const detail = (entry.detail ?? {}) as { trigger_id?: string; user_id?: string; user?: { id: string } };
    const user = detail.user_id ?? detail.user?.id;
    if (entry.direction === "to_bot" && detail.trigger_id && user) triggerOwners.set(detail.trigger_id, user);
    if (entry.summary === "views.open" && detail.trigger_id) mirror.modalOwner = triggerOwners.get(detail.trigger_id);
  };
  const take: Record<string, (frame: Frame) => void> = {
    init: ({ state }) => {
      for (const entry of state?.log ?? []) note(entry);
      mirror.modalStack = state?.modalStack ?? [];
      mirror.everShown.push(state?.messages ?? {}, mirror.modalStack);
      for (const [user, byApp] of Object.entries(state?.homeViews ?? {})) {
        for (const view of Object.values(byApp)) mirror.homeViews.set(user, view);
      }
    },
    log: ({ entry }) => entry && note(entry),
    view: ({ stack = [] }) => {
      mirror.modalStack = stack;
      mirror.everShown.push(stack);
      mirror.viewErrors = undefined;
      mirror.viewChanges += 1;
    },
    view_errors: ({ errors = {} }) => {
      mirror.viewErrors = errors;
      mirror.everShown.push(errors);
      mirror.viewChanges += 1;
    },
    home: ({ user, view }) => {
      if (user && view) mirror.homeViews.set(user, view);
      mirror.everShown.push(view);
    },
    message: ({ message }) => mirror.everShown.push(message),
    message_update: ({ message }) => mirror.everShown.push(message),
  };
  const ready = new Promise<void>((opened, failed) => {
    socket.addEventListener("message", ({ data }) => {
      const frame = JSON.parse(String(data)) as Frame;
      take[frame.t]?.(frame);
      if (frame.t === "init") opened();
      changes.emit("change");
    });
    socket.addEventListener("error", () => failed(new Error(`No local-slack answers at ${uiUrl}.`)));
  });
  await ready;
  return mirror;
}

/** Block ids of a view's inputs: the only ones that errors may be put under. */
export function inputBlockIds(view: { blocks: Block[] }): string[] {
  return view.blocks.flatMap((block) => (block.type === "input" && block.block_id ? [block.block_id] : []));
}
