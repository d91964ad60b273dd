import {
  DescribeSecretCommand,
  type DescribeSecretResponse,
  ResourceNotFoundException,
  type SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";

/** A target as an owner sees it with a plain client; null: there is none. */
export async function describeRaw(aws: SecretsManagerClient, name: string): Promise<DescribeSecretResponse | null> {
  return aws.send(new DescribeSecretCommand({ SecretId: name })).catch((error: unknown) => {
    if (error instanceof ResourceNotFoundException) return null;
    throw error;
  });
}

/** Which version has each label. AWSPREVIOUS is left out: AWS moves it by itself. */
export function idByLabel({ VersionIdsToStages = {} }: DescribeSecretResponse): Record<string, string> {
  const pairs = Object.entries(VersionIdsToStages).flatMap(([id, labels]) => labels.map((label) => [label, id]));
  return Object.fromEntries(pairs.filter(([label]) => label !== "AWSPREVIOUS"));
}
