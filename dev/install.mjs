#!/usr/bin/env node
// Brings this machine to where `npm run demo` and `npm test` can start: packages, the practice AWS, a Vault server.
// Plain JavaScript without dependencies, because it runs before anything is installed, on Node 20 or newer.
// What is there already costs well under a second. What is long is said, with how far it is.
import { redisServer } from "./install/cache-places.mjs";
import { installNodeModules } from "./install/node-modules-step.mjs";
import { installPython } from "./install/python-step.mjs";
import { StepError } from "./install/run-command.mjs";
import { installVault } from "./install/vault-step.mjs";

const EXIT_UNAVAILABLE = 69; // sysexits: something that we need is not to be had

for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(130));

const given = process.env;
const needsPython = !given.AWS_ENDPOINT_URL || !(given.REDIS_URL || redisServer());
const python = needsPython ? installPython() : Promise.resolve();
const steps = [
  ["npm", installNodeModules()],
  ["python", python],
  // Go may come through pip even where the practice AWS is given.
  ["vault", given.VAULT_ADDR ? Promise.resolve() : installVault(() => (needsPython ? python : installPython()))],
];

const outcomes = await Promise.allSettled(steps.map(([, work]) => work));
for (const [index, outcome] of outcomes.entries()) {
  if (outcome.status === "fulfilled") continue;
  const { reason } = outcome;
  console.error(`\n[${steps[index][0]}] ${reason instanceof Error ? reason.message : String(reason)}`);
  if (reason instanceof StepError) {
    if (reason.output) console.error(reason.output.replace(/^/gm, "    "));
    console.error(reason.nextStep);
  }
  process.exitCode = EXIT_UNAVAILABLE;
}
