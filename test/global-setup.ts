import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";

/** The real servers that every test shares; each test makes its own database, mounts, queues and names in them. */
export interface SharedStack {
  readonly vault: { readonly address: string; readonly rootToken: string; readonly auditLogPath: string };
  readonly aws: { readonly endpointUrl: string };
  readonly postgres: { readonly url: string };
  readonly redis: { readonly url: string };
}

declare module "vitest" {
  export interface ProvidedContext {
    stack: SharedStack;
  }
}

/** Starts the practice stack once for the whole run. GLOVEBOX_TEST_STACK (JSON) names one that already runs. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const given = process.env.GLOVEBOX_TEST_STACK;
  if (given) {
    project.provide("stack", JSON.parse(given) as SharedStack);
    return async () => {};
  }
  const { startStack } = await import("../dev/stack.ts");
  const runDir = await mkdtemp(join(tmpdir(), "glovebox-test-"));
  const stack = await startStack({ runDir });
  project.provide("stack", {
    vault: { address: stack.vault.address, rootToken: stack.vault.rootToken, auditLogPath: stack.vault.auditLogPath },
    aws: { endpointUrl: stack.aws.endpointUrl },
    postgres: { url: stack.postgres.url },
    redis: { url: stack.redis.url },
  });
  return async () => {
    await stack.stop();
    await rm(runDir, { recursive: true, force: true });
  };
}
