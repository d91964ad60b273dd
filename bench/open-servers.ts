import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";

const Servers = z.object({
  vault: z.object({ address: z.string(), rootToken: z.string() }),
  aws: z.object({ endpointUrl: z.string() }),
  postgres: z.object({ url: z.string() }),
});
export type BenchServers = Readonly<z.output<typeof Servers>>;

/** The real servers that are measured: those of GLOVEBOX_TEST_STACK (JSON) if it is set, else a practice stack of our own. */
export async function openServers(): Promise<{ servers: BenchServers; stop(): Promise<void> }> {
  const given = process.env.GLOVEBOX_TEST_STACK;
  if (given) return { servers: Servers.parse(JSON.parse(given)), stop: async () => {} };
  const { startStack } = await import("../dev/stack.ts");
  const runDir = await mkdtemp(join(tmpdir(), "glovebox-bench-"));
  const report = ({ service, text, ms }: { service: string; text: string; ms: number }): void =>
    console.log(`${service}: ${text} (${(ms / 1_000).toFixed(1)} s)`);
  const stack = await startStack({ runDir, only: ["vault", "aws", "postgres"], report });
  // Without the strict front, which lives in this process: its calls, its time and its memory are not the engine's.
  const { vault, aws, postgres } = stack;
  return {
    servers: { vault, aws: { endpointUrl: aws.motoUrl ?? aws.endpointUrl }, postgres },
    async stop() {
      await stack.stop();
      await rm(runDir, { recursive: true, force: true });
    },
  };
}
