import { z } from "zod";
import type { RequestSource } from "../approvals/content.ts";
import { encodePath } from "../catalog/secret-path.ts";
import {
  LeaseStillAliveError,
  LeaseTooWideError,
  MountReplacedError,
  type ReaderSession,
  SecretDeletedError,
  SecretNotFoundError,
} from "../migration/lease-broker.ts";
import { Secret } from "../secret.ts";
import { sideBySide } from "../side-by-side.ts";
import { jsonTextAt, jsonValueAt } from "./json-text-at.ts";
import type { LoggedIn } from "./login/vault-login.ts";
import { refusedStatusOf } from "./refused-status.ts";
import type { VaultClient } from "./vault-client.ts";
import { VaultRefusedError } from "./vault-errors.ts";
import { dataPath } from "./vault-names.ts";

const CAPABILITIES = "sys/capabilities-self";
const RightsAnswer = z.object({ data: z.record(z.string(), z.unknown()) });
/** Any name that nobody uses: the proof is that the lease has no right on a neighbour. */
const SIBLING_SUFFIX = "~glovebox-probe";

/** Wraps the one-path token. The same capabilities call proves it alive and alone before, and dead after. */
export function lendReader({ client, accessor }: LoggedIn, source: RequestSource, now: () => Date): ReaderSession {
  const path = dataPath(source);
  const sibling = `${path}${SIBLING_SUFFIX}`;
  const ask = () => client.write(CAPABILITIES, { paths: [path, sibling] });
  let aliveAt = "";
  return {
    accessor,
    async proveGrant() {
      const proveRights = async (): Promise<void> => {
        const rights = RightsAnswer.parse(await ask()).data;
        aliveAt = now().toISOString();
        assertExactly(rights[path], ["read"], "the approved path");
        assertExactly(rights[sibling], ["deny"], "a sibling");
      };
      await sideBySide(proveRights(), assertSameMount(client, source));
    },
    async read() {
      const text = await client.readText(encodePath(path)).catch((error: unknown) => {
        throw error instanceof VaultRefusedError && error.statusCode === 404 ? absence(error) : error;
      });
      return source.engine === "kv-v2"
        ? fromKv2(text)
        : { data: new Secret(jsonTextAt(text, ["data"])), version: null };
    },
    async readOlder(version) {
      try {
        const text = await client.readText(`${encodePath(path)}?version=${version}`);
        return { data: fromKv2(text).data };
      } catch (error) {
        if (!(error instanceof VaultRefusedError) || error.statusCode !== 404) throw error;
        return { missing: error.isDeletedVersion ? "deleted" : "not kept" };
      }
    },
    async proveDead() {
      const refusedStatus = await refusedStatusOf(ask);
      if (refusedStatus === 200) throw new LeaseStillAliveError();
      return { call: CAPABILITIES, aliveAt, refusedAt: now().toISOString(), refusedStatus };
    },
  };
}

function fromKv2(text: string): { data: Secret; version: number | null } {
  const version = jsonValueAt(text, ["data", "metadata", "version"]);
  return {
    data: new Secret(jsonTextAt(text, ["data", "data"])),
    version: typeof version === "number" ? version : null,
  };
}

/** KV v2 answers 404 both for what never was and, with metadata, for a deleted version. */
function absence(error: VaultRefusedError): Error {
  return error.isDeletedVersion ? new SecretDeletedError() : new SecretNotFoundError();
}

function assertExactly(actual: unknown, expected: readonly string[], where: string): void {
  if (JSON.stringify(actual) !== JSON.stringify(expected)) {
    throw new LeaseTooWideError(`${where} should have ${expected} and has ${JSON.stringify(actual)}`);
  }
}

const MountAnswer = z.object({ data: z.object({ accessor: z.string() }) });

async function assertSameMount(client: VaultClient, { mount, mountAccessor }: RequestSource): Promise<void> {
  const answer = await client.read(`sys/internal/ui/mounts/${encodePath(mount)}`);
  if (MountAnswer.parse(answer).data.accessor !== mountAccessor) throw new MountReplacedError(mount);
}
