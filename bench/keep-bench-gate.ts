import { keepGate } from "../src/approvals/keep-gate.ts";
import type { KeepGateDeps } from "../src/approvals/keep-gate-deps.ts";
import { openDoorbell } from "../src/store/doorbell.ts";

/** The bot's part, in this process: it answers at every ring and looks every 15 s, as `src/wiring/start-bot.ts` does. */
export async function keepBenchGate(deps: KeepGateDeps, databaseUrl: string): Promise<{ stop(): Promise<void> }> {
  const doorbell = await openDoorbell(databaseUrl, () => {});
  let [isStopped, wake] = [false, (): void => {}];
  const loop = (async () => {
    while (!isStopped) {
      const stopped = new Promise<void>((resolve) => {
        wake = resolve;
      });
      const ring = Promise.race([doorbell.wait("gate_ask", 15_000), stopped]);
      await keepGate(deps).catch((error: unknown) => console.error("the gate did not work:", error));
      await ring;
    }
  })();
  return {
    async stop() {
      isStopped = true;
      wake();
      await loop;
      await doorbell.close();
    },
  };
}
