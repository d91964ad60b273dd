#!/usr/bin/env -S node --max-semi-space-size=16
import { readFileSync } from "node:fs";
import { Argument, Command, Option } from "commander";
import { allowAgainCommand } from "./cli/allow-again-command.ts";
import { discoverCommand } from "./cli/discover-command.ts";
import { KeysExistError } from "./cli/keys.ts";
import { keysCommand } from "./cli/keys-command.ts";
import { laneLimits, laneLimitsAtHand } from "./cli/lane-limits.ts";
import type { PlanOptions } from "./cli/plan.ts";
import { plannedSourcesAtHand } from "./cli/planned-sources-at-hand.ts";
import type { ReportOptions } from "./cli/report.ts";
import { NoKeyError } from "./cli/rotate-key.ts";
import { searchCommand } from "./cli/search-command.ts";
import { teamsAtHand } from "./cli/teams-at-hand.ts";
import { complain, operator, print, show } from "./cli/terminal.ts";
import { undoCommand } from "./cli/undo-command.ts";
import { addUsageCommand } from "./cli/usage-command.ts";
import { addVaultSetup } from "./cli/vault-setup-command.ts";
import { addWaveCommand } from "./cli/wave-command.ts";
import { BadConfigError, EX_CONFIG, ROLES, type Role } from "./config.ts";
import { codeOf, GloveboxError } from "./errors.ts";
import { DIMENSIONS } from "./migration/progress/progress-counts.ts";
import { BadRulesError, loadRules } from "./rules.ts";
import { Secret } from "./secret.ts";
import type { Store } from "./store/open-store.ts";

// Each command loads what it needs when it runs: all vendors together take seconds, and most commands need one or none.
const environment = () => import("./wiring/from-environment.ts");
const withStore = async <T>(use: (store: Store) => Promise<T>): Promise<T> => (await environment()).withStore(use);
const lookUp = () => import("./cli/look-up.ts");

// `glovebox status | head` closes our output before we are done: that is no fault.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});

const program = new Command("glovebox").description(
  "Carries secrets from HashiCorp Vault to AWS Secrets Manager, one approved path at a time.",
);
const role = new Option("--role <role>", "what this process does").choices([...ROLES]).default("all");

program
  .command("start")
  .description("start the bot, the worker, or both; SIGTERM drains")
  .addOption(role)
  .action(async (options: { role: Role }) => {
    const { config, rules } = (await environment()).configure(options.role);
    const { start } = await import("./wiring/start.ts");
    const running = await start(config, rules);
    let isStopping = false;
    const stop = (): void => {
      // Whoever asks twice does not want to wait: what is in hand is then healed by the next start.
      if (isStopping) process.exit(1);
      isStopping = true;
      void running.stop().then(() => process.exit(0));
    };
    process.on("SIGTERM", stop);
    process.on("SIGINT", stop);
  });

program
  .command("doctor")
  .description("try every right that is needed, and every right that must be absent, against the real systems")
  .addOption(role)
  .action(async (options: { role: Role }) => {
    const { config, rules } = (await environment()).configure(options.role);
    const { examine } = await import("./wiring/doctor.ts");
    const { doctorLines } = await import("./wiring/doctor-lines.ts");
    const { VAULT_TOKEN } = process.env;
    const findings = await examine(config, rules, VAULT_TOKEN ? new Secret(VAULT_TOKEN) : null);
    const { isRight, lines } = doctorLines(findings);
    for (const line of lines) print(line);
    process.exitCode = isRight ? 0 : 1;
  });

addVaultSetup(program);
program.addCommand(discoverCommand(withStore, show));

program.addCommand(keysCommand(operator, print));
program.addCommand(allowAgainCommand(operator, print));
program.addCommand(undoCommand(operator, print));

program
  .command("config")
  .addArgument(new Argument("<what>", "check: read glovebox.yaml and name its faults").choices(["check"]))
  .action(() => {
    const file = process.env.GLOVEBOX_RULES ?? "glovebox.yaml";
    const { targets } = loadRules(file);
    print(`${file} is right: ${targets.length} allowed ${targets.length === 1 ? "target" : "targets"}.`);
  });

program.addCommand(searchCommand(withStore, show));

program
  .command("what")
  .description("what the catalogue knows of a secret: by path, ARN, target name, key name or a sentence")
  .argument("<path>")
  .action((path: string) =>
    withStore(async (store) =>
      show(
        await (await lookUp()).describeForTerminal(
          store,
          path,
          laneLimitsAtHand(),
          plannedSourcesAtHand(),
          teamsAtHand(),
        ),
      ),
    ),
  );

program
  .command("status")
  .description("what is under way, or the state of one request or secret")
  .argument("[path-or-request]")
  .action((text?: string) =>
    withStore(async (store) =>
      show(await (await lookUp()).statusForTerminal(store, text ?? null, laneLimitsAtHand(), plannedSourcesAtHand())),
    ),
  );

program
  .command("plan")
  .description(
    "judge every secret of the catalogue before anything moves: verdict, lane and next step; no value is read",
  )
  .option("--csv <file>", "every verdict, for a spreadsheet")
  .option("--json <file>", "every verdict and the counts, for a program")
  .option("--look-up", "ask AWS about every name as well (one call for each)")
  .action((options: PlanOptions) =>
    withStore(async (store) => {
      const { secretsManagerClients } = await import("./aws/secrets-manager-client.ts");
      const { planForTerminal } = await import("./cli/plan.ts");
      const rules = loadRules(process.env.GLOVEBOX_RULES ?? "glovebox.yaml");
      const limits = laneLimits(rules);
      const command = { store, rules, limits, now: () => new Date(), openAws: secretsManagerClients, report: complain };
      show(await planForTerminal(command, options));
    }),
  );

addUsageCommand(program, { withStore, complain, show });
program
  .command("report")
  .description("how many secrets are in which lane, and how far: by team, namespace, type and mount")
  .addOption(new Option("--by <what>", "count by this alone").choices([...DIMENSIONS]))
  .option("--csv", "every count on a line of its own, for a spreadsheet")
  .option("--json", "every count and how old it is, for a program")
  .action((options: ReportOptions) =>
    withStore(async (store) => {
      const { reportForTerminal } = await import("./cli/report.ts");
      const limits = laneLimits(loadRules(process.env.GLOVEBOX_RULES ?? "glovebox.yaml"));
      show(await reportForTerminal({ store, limits, now: () => new Date() }, options));
    }),
  );

addWaveCommand(program, { operator, print, complain, show });

program
  .command("receipt")
  .description("print the signed receipt of a finished request: save it, and anybody can verify it offline")
  .argument("<request>")
  .action((request: string) =>
    withStore(async (store) => show(await (await lookUp()).receiptForTerminal(store, request.toUpperCase()))),
  );

program
  .command("verify")
  .description("check a saved receipt, or an export of the audit chain, offline")
  .argument("<file>")
  .option("--export <file>", "the audit chain in which the receipt must stand")
  .option("--chain", "the file is itself an export of the audit chain")
  .action(async (file: string, options: { export?: string; chain?: boolean }) => {
    const { verifyExportFile, verifyReceiptFile } = await import("./cli/verify.ts");
    const files = (name: string): string[] => (process.env[name] ?? "").split(",").filter((part) => part !== "");
    const keys = { receipts: files("RECEIPT_PUBLIC_KEY_FILES"), approvals: files("APPROVAL_PUBLIC_KEY_FILES") };
    show(options.chain ? verifyExportFile(file, keys) : verifyReceiptFile(file, keys, options.export));
  });

for (const isPaused of [true, false]) {
  program
    .command(isPaused ? "pause" : "resume")
    .description(isPaused ? "shut the gate and stop pick-up at once; nothing is lost" : "let migrations go on")
    .requiredOption("--reason <text>", "for the audit trail")
    .action((options: { reason: string }) =>
      withStore(async (store) => {
        const { setPaused } = await import("./approvals/set-paused.ts");
        await setPaused(store, { isPaused, by: operator(), reason: options.reason, at: new Date() });
        print(
          isPaused ? "Paused: the gate is shut and nothing is picked up." : "Resumed. What waited goes on by itself.",
        );
      }),
    );
}

program
  .command("export")
  .description("print the audit chain with its signed checkpoints, a line each, for auditors")
  .action(() =>
    withStore(async (store) => {
      const { exportChain } = await import("./audit/export-chain.ts");
      for await (const line of exportChain(store)) process.stdout.write(line);
    }),
  );

program
  .command("accept-restore")
  .description("let the gate open again after a restored backup, with an operator's token (VAULT_ADDR, VAULT_TOKEN)")
  .requiredOption("--reason <text>", "for the audit trail")
  .option("--auth-mount <name>", "the auth mount of our own", process.env.VAULT_AUTH_MOUNT ?? "glovebox")
  .option("--policy-prefix <prefix>", "how our policies are called", process.env.VAULT_POLICY_PREFIX ?? "gb")
  .action((options: { reason: string; authMount: string; policyPrefix: string }) =>
    withStore(async (store) => {
      const { acceptRestore } = await import("./approvals/accept-restore.ts");
      const { vaultGatePolicy } = await import("./vault/gate-policy.ts");
      const policy = vaultGatePolicy(await (await environment()).operatorClient(), options);
      const deps = { store, policy, now: () => new Date() };
      const accepted = await acceptRestore(deps, { by: operator(), reason: options.reason });
      print(
        accepted === null
          ? "The database is not behind what Vault remembers; nothing was changed."
          : `Accepted: Vault remembered event ${accepted.remembered}, the database goes on from ${accepted.newest}. Approvals that were carried out in between can be carried out again until they expire.`,
      );
    }),
  );

program
  .command("redrive")
  .description("put a message of the dead-letter queue back on the intake queue")
  .argument("<message-id>")
  .action(async (messageId: string) => {
    const { config } = (await environment()).configure("bot");
    const { redrive } = await import("./wiring/redrive.ts");
    const isBack = await redrive(config, messageId, operator());
    print(
      isBack ? "It is back on the intake queue." : "The dead-letter queue does not show it now. Try again in a minute.",
    );
    process.exitCode = isBack ? 0 : 1;
  });

const VERSION = (JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { version: string })
  .version;

try {
  await program.version(VERSION).parseAsync();
} catch (error) {
  // Not by exitCode: what a failed start has opened half could keep the process alive.
  process.exit(explain(error));
}

/** Says what is wrong without a stack trace or a value. @returns The exit code. */
function explain(error: unknown): number {
  if (error instanceof BadConfigError || error instanceof BadRulesError) {
    complain(error.message);
    return EX_CONFIG;
  }
  if (error instanceof KeysExistError || error instanceof NoKeyError) {
    complain(error.message);
    return 1;
  }
  if (error instanceof GloveboxError) {
    complain(`${error.userMessage} (${error.code})`);
    return error.code.startsWith("VAULT_") ? EX_CONFIG : 1;
  }
  complain(`It did not work: ${codeOf(error)}. Run \`glovebox doctor\` to see which system does not answer.`);
  return EX_CONFIG;
}
