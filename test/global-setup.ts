import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { makeTemplate, onServer } from "./store-template.ts";

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
    /** The name of a migrated database without rows, which others are copied from. */
    template: string;
  }
}

/** Starts the practice stack once for the whole run. GLOVEBOX_TEST_STACK (JSON) names one that already runs. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const given = process.env.GLOVEBOX_TEST_STACK;
  if (given) {
    const shared = JSON.parse(given) as SharedStack;
    const { name, drop } = await makeTemplate(shared.postgres.url);
    project.provide("stack", shared);
    project.provide("template", name);
    return drop;
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
  // Nothing in it outlives the run, and each database that is made and dropped would wait for the disk.
  await onServer(stack.postgres.url, "alter system set fsync = off");
  await onServer(stack.postgres.url, "select pg_reload_conf()");
  project.provide("template", (await makeTemplate(stack.postgres.url)).name);
  return async () => {
    await stack.stop();
    await rm(runDir, { recursive: true, force: true });
  };
}
