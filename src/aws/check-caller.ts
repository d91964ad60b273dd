import type { AllowedTarget } from "../migration/allowed-target.ts";
import { secretsManagerClients } from "./secrets-manager-client.ts";

/** Are AWS's credentials those of an account that the rules allow? One finding per region of the rules. */
export async function callerFinding(
  options: { readonly endpoint?: string | undefined },
  targets: readonly AllowedTarget[],
): Promise<{ ok: boolean; text: string }[]> {
  const clients = secretsManagerClients(options);
  try {
    const findings = targets.map(async ({ region, accountId, namePrefix }) => {
      const account = await clients.callerAccount({ region, name: namePrefix });
      const ok = account === accountId;
      return {
        ok,
        text: `AWS ${region}: our credentials act in ${account}${ok ? "" : `, the rules say ${accountId}`}`,
      };
    });
    return await Promise.all(findings);
  } finally {
    clients.close();
  }
}
