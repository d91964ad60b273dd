import { setTimeout as delay } from "node:timers/promises";
import { portNear } from "./free-port.ts";
import { type ProcessOrder, type RunningProcess, startProcess } from "./start-process.ts";

export interface ServerOrder {
  /** Wanted port; a taken one is answered by choosing another. */
  readonly port?: number | undefined;
  readonly process: (port: number) => ProcessOrder | Promise<ProcessOrder>;
  /** True once the server answers on that port; false or a throw: not yet. */
  readonly isReady: (port: number) => Promise<boolean>;
  readonly readyWithinMs: number;
}

const ATTEMPTS = 3;

/**
 * Starts a server on a free port and waits until it answers. One that ends before that (its port was snatched
 * away between choosing and listening) is started again on another port.
 * @throws Error with the log to look into.
 */
export async function startServer(order: ServerOrder): Promise<RunningProcess & { readonly port: number }> {
  for (let attempt = 1; ; attempt += 1) {
    const port = await portNear(attempt === 1 ? order.port : undefined);
    const processOrder = await order.process(port);
    const running = await startProcess(processOrder);
    if (await becomesReady(running, () => order.isReady(port), order.readyWithinMs)) return { ...running, port };
    const hadExited = running.hasExited();
    await running.stop();
    if (hadExited && attempt < ATTEMPTS) continue;
    const what = hadExited ? "ended before it was ready" : `did not answer within ${order.readyWithinMs / 1000} s`;
    throw new Error(
      `${processOrder.name} ${what}. Nothing of it is left running; its own words are in ${processOrder.logTo}.`,
    );
  }
}

async function becomesReady(
  running: RunningProcess,
  isReady: () => Promise<boolean>,
  withinMs: number,
): Promise<boolean> {
  for (const deadline = Date.now() + withinMs; Date.now() < deadline; await delay(50)) {
    if (running.hasExited()) return false;
    // An answer counts only while ours lives: on a snatched port a stranger may answer in its place.
    if (await isReady().catch(() => false)) return !running.hasExited();
  }
  return false;
}
