import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/global-setup.ts"],
    env: {
      // The practice AWS takes any credentials; a person's own must neither be needed nor go there.
      ...{ AWS_ACCESS_KEY_ID: "practice", AWS_SECRET_ACCESS_KEY: "practice", AWS_REGION: "eu-central-1" },
      // Hundreds of processes are started and killed: half of what one needs to start is to compile the same code again.
      NODE_COMPILE_CACHE: fileURLToPath(new URL("node_modules/.cache/node-compile", import.meta.url)),
    },
    testTimeout: 60_000,
    hookTimeout: 90_000,
    maxWorkers: 3, // most of them wait for a server
  },
});
