import { z } from "zod";
import type { GateHold, GatePolicy } from "../approvals/gate-policy.ts";
import { mintMetadata } from "../approvals/mint-metadata.ts";
import { openPolicy, type PolicyBody } from "./setup/policies.ts";
import type { VaultClient } from "./vault-client.ts";
import { VaultRefusedError, VaultUnavailableError } from "./vault-errors.ts";
import { markPolicyName, openPolicyName, type VaultNames } from "./vault-names.ts";

const PolicyAnswer = z.object({ data: z.object({ policy: z.string() }) });
const MARK_PREFIX = "glovebox/mark/";

/** @param gate A standing client of the gate identity. Vault has no compare-and-set here: one writer under a lock. */
export function vaultGatePolicy(gate: VaultClient, names: VaultNames): GatePolicy {
  const [open, mark] = [openPolicyName(names), markPolicyName(names)].map((name) => `sys/policies/acl/${name}`) as [
    string,
    string,
  ];
  const textFor = ({ source, requestId }: GateHold): string => {
    const metadata = mintMetadata(source.mount, source.path, requestId);
    return JSON.stringify(openPolicy(names, { mount: source.mount, metadata }));
  };
  return {
    async open({ source, requestId }) {
      const policy = textFor({ source, requestId });
      await gate.write(open, { policy });
      if ((await readPolicy(gate, open)) !== policy) throw new VaultUnavailableError(open, "not what was written");
    },
    close: () => gate.delete(open),
    async isOpen(except) {
      const found = await readPolicy(gate, open);
      return found !== null && (except === undefined || found !== textFor(except));
    },
    async readMark() {
      const text = await readPolicy(gate, mark);
      if (text === null) return null;
      const [path = ""] = Object.keys((JSON.parse(text) as PolicyBody).path);
      const [seq, hash = ""] = path.replace(MARK_PREFIX, "").split("/");
      return { seq: Number(seq), hash };
    },
    async writeMark({ seq, hash }) {
      const body: PolicyBody = { path: { [`${MARK_PREFIX}${seq}/${hash}`]: { capabilities: ["deny"] } } };
      await gate.write(mark, { policy: JSON.stringify(body) });
    },
  };
}

async function readPolicy(gate: VaultClient, path: string): Promise<string | null> {
  try {
    return PolicyAnswer.parse(await gate.read(path)).data.policy;
  } catch (error) {
    if (error instanceof VaultRefusedError && error.statusCode === 404) return null;
    throw error;
  }
}
