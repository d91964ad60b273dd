import { z } from "zod";

/** What the rules look at, of requests and of DescribeSecret's answer; everything else passes through untouched. */
export const SecretsManagerInput = z.looseObject({
  Name: z.string().optional(),
  SecretId: z.string().optional(),
  SecretString: z.string().optional(),
  /** Base64, as the JSON protocol carries bytes. */
  SecretBinary: z.string().optional(),
  VersionId: z.string().optional(),
  ClientRequestToken: z.string().optional(),
  VersionIdsToStages: z.record(z.string(), z.array(z.string())).optional(),
  VersionStage: z.string().optional(),
  VersionStages: z.array(z.string()).optional(),
  MoveToVersionId: z.string().optional(),
  RemoveFromVersionId: z.string().optional(),
  Description: z.string().optional(),
  AddReplicaRegions: z.array(z.object({ Region: z.string() })).optional(),
  RemoveReplicaRegions: z.array(z.string()).optional(),
  ReplicationStatus: z.array(z.object({ Region: z.string() })).optional(),
  Tags: z
    .array(z.object({ Key: z.string(), Value: z.string().default("") }))
    .nullish()
    .transform((tags) => tags ?? []),
  ResourcePolicy: z.string().optional(),
  BlockPublicPolicy: z.boolean().optional(),
  DeletedDate: z.unknown().optional(),
});
export type SecretsManagerInput = z.output<typeof SecretsManagerInput>;
