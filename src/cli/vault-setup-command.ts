import { existsSync } from "node:fs";
import { type Command, Option } from "commander";
import { BadConfigError } from "../config.ts";
import { loadRules, type Rules } from "../rules.ts";
import { STANDING_ROLES, type StandingRole } from "../vault/setup/role-objects.ts";
import { operatorClient, withStore } from "../wiring/from-environment.ts";
import { askOnTerminal } from "./ask-yes.ts";
import { operator, print } from "./terminal.ts";
import { removeVaultSetup } from "./vault-remove.ts";
import { applyVaultSetup, printVaultSetup, type VaultSetupInput } from "./vault-setup.ts";

interface Flags {
  readonly apply?: true;
  readonly remove?: true;
  readonly yes?: true;
  readonly force?: true;
  readonly reason?: string;
  readonly newCredentials?: true;
  readonly credentials: string;
  readonly mount: string[];
  readonly otherLogin: StandingRole[];
  readonly authMount: string;
  readonly policyPrefix: string;
  readonly namespace: string;
  readonly servedOnly?: true;
  readonly bindCidr: string[];
  readonly readerTtl: string;
}

/** `glovebox vault-setup`: look, apply, remove. */
export function addVaultSetup(program: Command): void {
  program
    .command("vault-setup")
    .description(
      "show what Glovebox needs in Vault against what is there; write or remove it with an operator's token (VAULT_ADDR, VAULT_TOKEN)",
    )
    .option("--apply", "show the difference, ask, and write what differs")
    .addOption(new Option("--remove", "show what is ours in Vault, ask, and remove it").conflicts("apply"))
    .option("--yes", "do not ask")
    .option("--force", "with --remove: also while a migration runs or a lease is open")
    .option("--reason <text>", "with --force: why, for the audit trail")
    .option(
      "--credentials <folder>",
      "with --apply: where new logins of the bot and the worker go",
      ".glovebox/credentials",
    )
    .option("--new-credentials", "with --apply: new logins also where there are some")
    .option("--mount <path...>", "only these KV mounts; all of them where absent", [])
    .option("--served-only", "the catalogue lists no roles of other engines and nothing of the namespaces below")
    .addOption(
      new Option("--other-login <identity...>", "identities that log in on another auth mount")
        .choices([...STANDING_ROLES])
        .default([]),
    )
    .option("--auth-mount <name>", "the auth mount of our own", process.env.VAULT_AUTH_MOUNT ?? "glovebox")
    .option("--policy-prefix <prefix>", "how our policies are called", process.env.VAULT_POLICY_PREFIX ?? "gb")
    .option("--namespace <path>", "where Vault has namespaces: the one to serve", process.env.VAULT_NAMESPACE ?? "")
    .option("--bind-cidr <cidr...>", "addresses from which our processes log in; what is bound stays where absent", [])
    .option("--reader-ttl <seconds>", "how long a lease can live", "60")
    .action(run);
}

async function run(flags: Flags): Promise<void> {
  const faults = faultsOf(flags);
  if (faults.length > 0) throw new BadConfigError(faults);
  const ask = askOnTerminal(flags.yes === true);
  if (flags.remove) return remove(flags);
  const input = await inputOf(flags);
  if (!flags.apply) return printVaultSetup(input);
  await applyVaultSetup({
    ...input,
    ask,
    folder: flags.credentials,
    isNewCredentials: flags.newCredentials === true,
  });
}

function faultsOf({ readerTtl, authMount, policyPrefix, bindCidr, force, reason, remove: isRemove }: Flags): string[] {
  const seconds = Number(readerTtl);
  return [
    ...(Number.isInteger(seconds) && seconds >= 1 ? [] : ["--reader-ttl takes a whole number of seconds, 1 or more"]),
    ...(/^[\w-]+$/.test(authMount) ? [] : ["--auth-mount takes letters, digits, - and _"]),
    ...(/^[a-z0-9][a-z0-9-]*$/.test(policyPrefix) ? [] : ["--policy-prefix takes small letters, digits and -"]),
    ...bindCidr
      .filter((cidr) => !/^[\da-fA-F.:]+\/\d{1,3}$/.test(cidr))
      .map((cidr) => `--bind-cidr ${cidr} is no block of addresses such as 10.0.0.0/24 or 10.0.0.7/32`),
    ...(force && !reason?.trim() ? ["--force needs --reason, which goes into the audit trail"] : []),
    ...(force && !isRemove ? ["--force belongs to --remove"] : []),
  ];
}

async function inputOf(flags: Flags): Promise<VaultSetupInput> {
  return {
    operator: await operatorClient(flags.namespace),
    options: {
      names: { authMount: flags.authMount, policyPrefix: flags.policyPrefix },
      readerTtlSeconds: Number(flags.readerTtl),
      adminTtlSeconds: 120,
      boundCidrs: flags.bindCidr,
      otherLogins: flags.otherLogin,
    },
    gate: gateOf(),
    mountPaths: flags.mount,
    namespace: flags.namespace,
    servedOnly: flags.servedOnly === true,
    print,
  };
}

/** The rules say if the gate is off. Without a rules file, as at the very beginning, it is on. */
function gateOf(): Pick<Rules["gate"], "mode" | "prefixes"> {
  const file = process.env.GLOVEBOX_RULES || "glovebox.yaml";
  if (existsSync(file) || process.env.GLOVEBOX_RULES) return loadRules(file).gate;
  return { mode: "on", prefixes: [] };
}

async function remove({ authMount, policyPrefix, namespace, force, reason, yes }: Flags): Promise<void> {
  const input = {
    operator: await operatorClient(namespace),
    names: { authMount, policyPrefix },
    force: force ? { reason: reason ?? "" } : null,
    by: operator(),
    now: () => new Date(),
    ask: askOnTerminal(yes === true),
    print,
  };
  if (!process.env.DATABASE_URL) return removeVaultSetup({ ...input, store: null });
  await withStore((store) => removeVaultSetup({ ...input, store }));
}
