import { GetSecretValueCommand } from "@aws-sdk/client-secrets-manager";
import { inject } from "vitest";
import { ApprovalStatement, type RequestContent, type RequestSource } from "../../src/approvals/content.ts";
import { orderUndo } from "../../src/approvals/order-undo.ts";
import { APPROVER, type EngineWorldOptions, engineWorld } from "./engine-world.ts";

export type ValuesWorld = Awaited<ReturnType<typeof valuesWorld>>;

/** An engine's world with what a test of values wants to put into Vault and see in AWS. */
export async function valuesWorld(options: EngineWorldOptions = {}) {
  const world = await engineWorld(options);
  const { aws, store, lease } = world;
  const { vault } = inject("stack");
  const headers = { "X-Vault-Token": vault.rootToken };
  const dataUrl = ({ engine, mount, path }: RequestSource, query = ""): string =>
    `${vault.address}/v1/${mount}/${engine === "kv-v2" ? "data/" : ""}${encodeURIComponent(path)}${query}`;
  /** JSON.stringify would round what is to be kept: the body goes as text. */
  const putText = async (source: RequestSource, body: string): Promise<RequestSource> => {
    const { status } = await fetch(dataUrl(source), { method: "POST", headers, body });
    if (status >= 300) throw new Error(`Vault answered ${status}`);
    return source;
  };
  const statementOf = async (migrationId: string): Promise<ApprovalStatement> => {
    const { bytes } = await store
      .selectFrom("migration")
      .innerJoin("statement", "statement.id", "migration.statementId")
      .select("bytes")
      .where("migration.id", "=", migrationId)
      .executeTakeFirstOrThrow();
    return ApprovalStatement.parse(JSON.parse(bytes));
  };
  return {
    ...world,
    statementOf,
    /** The secret's data object as text. */
    putTextV1: async (path: string, text: string) => putText(await lease.putV1(path, { made: "first" }), text),
    putTextV2: async (path: string, text: string) => {
      const source = await lease.put(path, { made: "first" });
      await lease.operator.delete(`${source.mount}/metadata/${encodeURIComponent(path)}`); // so that ours is version 1
      return putText(source, `{"data":${text}}`);
    },
    /** What Vault answers now, character for character. KV v2 only. */
    textInVault: async (source: RequestSource): Promise<string> => {
      const text = await (await fetch(dataUrl(source), { headers })).text();
      const start = text.indexOf('"data":{"data":') + '"data":{"data":'.length;
      return text.slice(start, text.lastIndexOf(',"metadata":'));
    },
    /** As a crawl finds it. */
    catalogue: async (source: RequestSource, currentVersion: number): Promise<void> => {
      const row = { ...source, currentVersion, versions: "[]", customMetadata: "{}", seenAt: new Date() };
      await store.insertInto("entry").values(row).execute();
    },
    /** The catalogue knows it at this version. */
    nowAt: async (path: string, currentVersion: number): Promise<void> => {
      await store.updateTable("entry").set({ currentVersion }).where("path", "=", path).execute();
    },
    /** Approves another move to the target of this one. */
    orderAgain: async (migrationId: string, patch: Partial<RequestContent> = {}): Promise<string> => {
      const { source, target } = await statementOf(migrationId);
      return world.order(source, { target, ...patch });
    },
    undo: async (migrationId: string): Promise<void> => {
      await orderUndo(world.decide, { requestId: (await world.rowOf(migrationId)).requestId, by: APPROVER });
      await world.migrate(migrationId);
    },
    /** The text of a version: the current one, or the one with a label. */
    valueAt: async (name: string, stage = "AWSCURRENT"): Promise<string | undefined> =>
      (await aws.send(new GetSecretValueCommand({ SecretId: name, VersionStage: stage }))).SecretString,
    tagsOf: async (name: string): Promise<Record<string, string>> =>
      Object.fromEntries(((await world.describe(name)).Tags ?? []).map(({ Key = "", Value = "" }) => [Key, Value])),
    /** Labels to the ids of their versions. */
    labelsOf: async (name: string): Promise<Record<string, string>> => {
      const { VersionIdsToStages = {} } = await world.describe(name);
      return Object.fromEntries(
        Object.entries(VersionIdsToStages).flatMap(([id, stages]) => stages.map((stage) => [stage, id])),
      );
    },
  };
}
