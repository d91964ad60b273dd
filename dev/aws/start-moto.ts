import { isRunnable, venvPython } from "../install/cache-places.mjs";
import type { RecordProcess } from "../processes/start-process.ts";
import { startServer } from "../processes/start-server.ts";
import { type AwsFront, startAwsFront } from "./strict-front/start-front.ts";

export interface PracticeAws {
  /** Secrets Manager, SQS, STS and KMS, as strict as AWS where we know it to be. */
  readonly endpointUrl: string;
  /** moto itself, without rules and faults. */
  readonly motoUrl: string;
  readonly front: AwsFront;
  readonly pid: number;
  stop(): Promise<void>;
}

export interface AwsOrder {
  readonly logTo: string;
  readonly record?: RecordProcess;
}

const READY_WITHIN_MS = 60_000; // a first start compiles a few hundred Python files

/**
 * Starts moto, in memory, behind the strict front. Any credentials do; each account and region is a world of its own.
 * @throws Error when moto is not installed (with the next step), or when it does not start.
 */
export async function startAws({ logTo, record }: AwsOrder): Promise<PracticeAws> {
  const python = venvPython();
  if (!isRunnable(python)) {
    throw new Error(
      "The practice AWS (moto) is not installed. Nothing was started. " +
        "Next step: run `node dev/install.mjs`, or set AWS_ENDPOINT_URL.",
    );
  }
  const running = await startServer({
    readyWithinMs: READY_WITHIN_MS,
    process: (port) => ({
      name: "moto",
      command: python,
      args: ["-m", "moto.server", "-H", "127.0.0.1", "-p", String(port)],
      logTo,
      record,
    }),
    isReady: async (port) =>
      (await fetch(`http://127.0.0.1:${port}/moto-api/data.json`, { signal: AbortSignal.timeout(5_000) })).ok,
  });
  const motoUrl = `http://127.0.0.1:${running.port}`;
  const front = await startAwsFront(motoUrl);
  const stop = async (): Promise<void> => {
    await front.stop();
    await running.stop();
  };
  return { endpointUrl: front.url, motoUrl, front, pid: running.pid, stop };
}
