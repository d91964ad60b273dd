import { type Channel, listen } from "./notify.ts";

/** Waits for a ring, or for the interval to pass: whoever waits looks again in either case. */
export interface Doorbell {
  /** @returns The ring's payload; null if the interval passed. */
  wait(channel: Channel, timeoutMs: number): Promise<string | null>;
  on(channel: Channel, onRing: (payload: string) => void): void;
  close(): Promise<void>;
}

/** One listening connection shared by all who wait in this process. */
export async function openDoorbell(url: string, onError: (error: Error) => void): Promise<Doorbell> {
  const waiting = new Map<Channel, Set<(payload: string | null) => void>>();
  const listeners: { channel: Channel; onRing: (payload: string) => void }[] = [];
  const ring = (channel: Channel, payload: string): void => {
    for (const wake of waiting.get(channel) ?? []) wake(payload);
    for (const listener of listeners) if (listener.channel === channel) listener.onRing(payload);
  };
  const close = await listen(url, ["gate_ask", "gate_answer", "outbox", "control", "home"], ring, onError);
  return {
    wait(channel, timeoutMs) {
      return new Promise((resolve) => {
        const wakers = waiting.get(channel) ?? new Set();
        waiting.set(channel, wakers);
        const wake = (payload: string | null): void => {
          clearTimeout(timer);
          wakers.delete(wake);
          resolve(payload);
        };
        const timer = setTimeout(() => wake(null), timeoutMs);
        wakers.add(wake);
      });
    },
    on(channel, onRing) {
      listeners.push({ channel, onRing });
    },
    close,
  };
}
