import { randomUUID } from "node:crypto";
import {
  CreateSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  type SecretsManagerClient,
  TagResourceCommand,
} from "@aws-sdk/client-secrets-manager";
import pg from "pg";
import type { RequestSource } from "../src/approvals/content.ts";
import { mintMetadata } from "../src/approvals/mint-metadata.ts";
import { secretsManagerClients } from "../src/aws/secrets-manager-client.ts";
import { Secret } from "../src/secret.ts";
import { openPolicy } from "../src/vault/setup/policies.ts";
import { markPolicyName, openPolicyName, readerRoleId, secretIdPath } from "../src/vault/vault-names.ts";
import { PRACTICE_AWS } from "../test/migration/engine-worker.ts";
import type { BenchWorld } from "./bench-world.ts";
import { loginRaw, openRawVault, type RawVault } from "./raw-vault.ts";

interface FloorDeps {
  readonly world: BenchWorld;
  readonly vault: RawVault;
  readonly aws: SecretsManagerClient;
  readonly gateToken: string;
  /** One single-row insert with its own commit, whatever the engine has to say in it. */
  readonly commit: (step: string) => Promise<void>;
  /** One row by its index, whatever has to be looked at. */
  readonly look: () => Promise<void>;
}

/**
 * The least that one migration can cost: every call, every commit and every look at our own store that design.md asks for,
 * in its order, each awaited, over connections that stay open. No engine, no signature, no check beyond a status. What the
 * engine takes on top of this is ours to answer for.
 */
export async function openFloor(world: BenchWorld): Promise<{
  move(source: RequestSource, targetName: string): Promise<void>;
  close(): Promise<void>;
}> {
  const vault = openRawVault(world.vault.address);
  const clients = secretsManagerClients({ endpoint: world.servers.aws.endpointUrl, credentials: PRACTICE_AWS });
  const database = new pg.Client({ connectionString: world.databaseUrl });
  await database.connect();
  await database.query(
    "create table floor (seq bigint generated always as identity primary key, step text, detail jsonb)",
  );
  const { token: gateToken } = await loginRaw(vault, world.names.authMount, world.credentials.gate); // lives an hour
  const commit = async (step: string): Promise<void> => {
    await database.query("insert into floor (step, detail) values ($1, $2)", [step, ROW]);
  };
  const look = async (): Promise<void> => {
    await database.query("select step, detail from floor where seq = $1", [1]);
  };
  const deps: FloorDeps = { world, vault, gateToken, commit, look, aws: clients.clientFor({ region: world.region }) };
  return {
    async move(source, targetName) {
      const requestId = randomUUID();
      await commit("fence and intent");
      await look(); // never again: the worker's
      const admin = await loginRaw(vault, world.names.authMount, world.credentials.admin);
      await vault(200, "GET", "auth/token/lookup-self", admin.token);
      await commit("admin accessor, and the question to the gate"); // a successor revokes it first of all
      await openGate(deps, source, requestId);
      const value = await readOnce(deps, admin.token, source, requestId);
      await commit("the second question to the gate"); // authority is checked again just before the write
      await look();
      await commit("the gate's second answer");
      await write(deps, targetName, value);
      await vault(204, "POST", "auth/token/revoke-self", admin.token);
      await vault(403, "GET", "auth/token/lookup-self", admin.token);
      await commit("done, receipt, fence given back");
    },
    async close() {
      clients.close();
      await database.end();
    },
  };
}

/** About the size of a journal row's detail. */
const ROW = JSON.stringify({ call: "sys/capabilities-self", aliveAt: new Date(), refusedAt: new Date(), status: 403 });

async function openGate(
  { world, vault, gateToken, commit, look }: FloorDeps,
  source: RequestSource,
  requestId: string,
) {
  const { names } = world;
  const [open, mark] = [`sys/policies/acl/${openPolicyName(names)}`, `sys/policies/acl/${markPolicyName(names)}`];
  const metadata = mintMetadata(source.mount, source.path, requestId);
  await look(); // what was approved, and is it still
  await look(); // never again: the gate's
  // Is the database behind what Vault remembers? What the engine's gate wrote there is put back as it is.
  const remembered = JSON.parse(await vault(200, "GET", mark, gateToken)) as { data: { policy: string } };
  await vault(204, "PUT", open, gateToken, {
    policy: JSON.stringify(openPolicy(names, { mount: source.mount, metadata })),
  });
  await vault(200, "GET", open, gateToken);
  await vault(204, "PUT", mark, gateToken, { policy: remembered.data.policy });
  await commit("the gate's answer, and its event");
}

async function readOnce(
  { world, vault, commit }: FloorDeps,
  admin: string,
  source: RequestSource,
  requestId: string,
): Promise<string> {
  const { names } = world;
  const secretIds = secretIdPath(names, source.mount);
  const metadata = mintMetadata(source.mount, source.path, requestId);
  const minted = JSON.parse(await vault(200, "POST", secretIds, admin, { metadata })) as {
    data: { secret_id: string };
  };
  await commit("secret ID's accessor"); // tells a successor whether the login happened
  const reader = await loginRaw(vault, names.authMount, {
    roleId: readerRoleId(names, source.mount),
    secretId: new Secret(minted.data.secret_id),
  });
  await commit("reader's accessor");
  const dataPath = `${source.mount}/data/${source.path}`;
  const question = { paths: [dataPath, `${dataPath}~floor`] };
  await vault(200, "POST", "sys/capabilities-self", reader.token, question);
  await vault(200, "GET", `sys/internal/ui/mounts/${source.mount}`, reader.token);
  const answer = JSON.parse(await vault(200, "GET", dataPath, reader.token)) as { data: { data: unknown } };
  await vault(204, "DELETE", `sys/policies/acl/${openPolicyName(names)}`, admin);
  await vault(404, "LIST", secretIds, admin); // the one that was minted is spent, so there is none to destroy
  await vault(204, "POST", "auth/token/revoke-accessor", admin, { accessor: reader.accessor });
  await vault(403, "POST", "sys/capabilities-self", reader.token, question);
  return JSON.stringify(answer.data.data);
}

async function write({ world, aws, commit }: FloorDeps, name: string, value: string): Promise<void> {
  await aws.send(new DescribeSecretCommand({ SecretId: name })).catch((error: unknown) => {
    if (!(error instanceof Error) || error.name !== "ResourceNotFoundException") throw error;
  });
  const tags = { ...world.tags, "glovebox-state": "open", "glovebox-migration": randomUUID() };
  const requestToken = randomUUID();
  await commit("token and digest");
  await aws.send(
    new CreateSecretCommand({
      Name: name,
      SecretString: value,
      ClientRequestToken: requestToken,
      Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
    }),
  );
  const stored = await aws.send(new GetSecretValueCommand({ SecretId: name, VersionId: requestToken }));
  if (stored.SecretString !== value) throw new Error("the read-back differs");
  await commit("verified"); // the seal takes the writer's own access away, so this comes before it
  await aws.send(new TagResourceCommand({ SecretId: name, Tags: [{ Key: "glovebox-state", Value: "sealed" }] }));
}
