import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/global-setup.ts"],
    // The practice AWS takes any credentials; a person's own must neither be needed nor go there.
    env: { AWS_ACCESS_KEY_ID: "practice", AWS_SECRET_ACCESS_KEY: "practice", AWS_REGION: "eu-central-1" },
    testTimeout: 60_000,
    hookTimeout: 90_000,
    maxWorkers: 3, // most of them wait for a server
  },
});
