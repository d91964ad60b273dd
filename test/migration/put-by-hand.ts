import {
  DescribeSecretCommand,
  PutSecretValueCommand,
  type SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from "@aws-sdk/client-secrets-manager";

/**
 * Somebody writes a new current version, as AWS carries out a plain PutSecretValue. In moto that one takes AWSCURRENT from
 * the version that was put last, and not from the one that has it: after a move of the label two versions would have it.
 */
export async function putByHand(aws: SecretsManagerClient, name: string, value: string): Promise<void> {
  const { VersionIdsToStages = {} } = await aws.send(new DescribeSecretCommand({ SecretId: name }));
  const from = Object.keys(VersionIdsToStages).find((id) => VersionIdsToStages[id]?.includes("AWSCURRENT"));
  const put = { SecretId: name, SecretString: value, VersionStages: ["by-hand"] };
  const { VersionId } = await aws.send(new PutSecretValueCommand(put));
  const move = { SecretId: name, VersionStage: "AWSCURRENT", MoveToVersionId: VersionId, RemoveFromVersionId: from };
  await aws.send(new UpdateSecretVersionStageCommand(move));
}
