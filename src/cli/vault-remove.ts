import { appendEvent } from "../audit/append-event.ts";
import { findRunning } from "../migration/find-running.ts";
import type { Store } from "../store/open-store.ts";
import { findMissingRights } from "../vault/setup/missing-rights.ts";
import { removalPaths, removeSetup } from "../vault/setup/remove-setup.ts";
import { findBoundRoles, findOwnObjects } from "../vault/setup/setup-leftovers.ts";
import type { VaultClient } from "../vault/vault-client.ts";
import { openPolicyName, type VaultNames } from "../vault/vault-names.ts";
import type { AskYes } from "./ask-yes.ts";
import { assertTokenLives, explainStop, SetupStoppedError } from "./setup-stopped.ts";

export interface RemoveInput {
  readonly operator: VaultClient;
  readonly names: VaultNames;
  /** null: no database is configured, so it can't be told whether something runs. */
  readonly store: Store | null;
  /** Why it may go although something runs; null: it may not. */
  readonly force: { readonly reason: string } | null;
  /** For the audit trail. */
  readonly by: string;
  readonly now: () => Date;
  readonly ask: AskYes;
  readonly print: (line: string) => void;
}

/** Shows what is ours in Vault, asks, and removes it. Mounts and secrets are never touched. */
export async function removeVaultSetup(input: RemoveInput): Promise<void> {
  await remove(input).catch(explainStop);
}

async function remove(input: RemoveInput): Promise<void> {
  const { operator, names, print, ask, force } = input;
  await assertTokenLives(operator);
  const own = await findOwnObjects(operator, names);
  const paths = removalPaths(names, own);
  for (const path of paths) print(`- ${path}`);
  if (paths.length === 0) {
    print(
      `Vault has nothing of ours by these names (auth/${names.authMount}, ${names.policyPrefix}-…). Nothing was changed.`,
    );
    return sayWhatStays(input);
  }
  const running = [
    ...(own.policies.includes(openPolicyName(names)) ? [`${openPolicyName(names)} is there: a path is open`] : []),
    ...(await findRunning(input.store)),
  ];
  for (const what of running) print(`RUNNING  ${what}`);
  if (running.length > 0 && force === null) {
    throw new SetupStoppedError(
      "Nothing was changed: something may be running. Pause and wait until it is over (`glovebox pause`, `glovebox status`), or say --force with --reason.",
    );
  }
  const missing = await findMissingRights(operator, paths, "delete");
  if (missing.length > 0) {
    throw new SetupStoppedError(
      `This token lacks rights that the removal needs, so nothing was changed:\n${missing.map((one) => `  - ${one}`).join("\n")}`,
    );
  }
  if (!(await ask(`Remove these ${paths.length} from Vault? No login of bot and worker works afterwards.`))) {
    print("Nothing was changed.");
    return;
  }
  await record(input, running);
  await removeSetup(operator, names, own, (path) => print(`removed  ${path}`));
  return sayWhatStays(input);
}

async function record({ store, now, by, force, names }: RemoveInput, running: readonly string[]): Promise<void> {
  await store?.transaction().execute(async (tx) => {
    const content = {
      authMount: names.authMount,
      policyPrefix: names.policyPrefix,
      running,
      reason: force?.reason ?? null,
    };
    await appendEvent(tx, now(), { kind: "vault.removed", actor: by, subject: "vault", content });
  });
}

async function sayWhatStays({ operator, names, print }: RemoveInput): Promise<void> {
  print("Left: every KV mount and its secrets, Postgres, the credential files, and what was written to AWS.");
  for (const { role, policies } of await findBoundRoles(operator, names)) {
    print(`Left: ${role}, which gives ${policies.join(", ")}. It is not ours: delete it if nobody needs it.`);
  }
}
