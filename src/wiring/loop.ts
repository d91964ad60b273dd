import type { Logger } from "pino";
import { codeOf } from "../errors.ts";
import type { Doorbell } from "../store/doorbell.ts";
import type { Channel } from "../store/notify.ts";

/** Does `look` at every ring and at least every `everyMs`, one at a time, until stopped. A failure is logged and passes. */
export function lookAtRings(
  { doorbell, log }: { doorbell: Doorbell; log: Logger },
  { channels, everyMs, what }: { channels: readonly Channel[]; everyMs: number; what: string },
  look: () => Promise<unknown>,
): { stop(): Promise<void> } {
  let isStopped = false;
  let wake = (): void => {};
  const loop = (async () => {
    while (!isStopped) {
      // Listening starts before looking: a ring in between is not lost.
      const ring = Promise.race([
        ...channels.map((channel) => doorbell.wait(channel, everyMs)),
        new Promise<void>((resolve) => {
          wake = resolve;
        }),
      ]);
      await look().catch((error: unknown) => log.warn({ code: codeOf(error) }, `${what} did not work this time`));
      await ring;
    }
  })();
  return {
    async stop() {
      isStopped = true;
      wake();
      await loop;
    },
  };
}
