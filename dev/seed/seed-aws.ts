import { CreateSecretCommand, DeleteSecretCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";

export interface SeedAwsOptions {
  endpointUrl: string;
  region: string;
  names: {
    /** Will exist, owned by somebody else. */
    foreign: string;
    /** Will be scheduled for deletion, so that its name is taken and can't be read. */
    scheduled: string;
  };
}

/** Puts the two awkward targets of the practice story into an empty Secrets Manager. */
export async function seedAws({ endpointUrl, region, names }: SeedAwsOptions): Promise<void> {
  const credentials = { accessKeyId: "practice", secretAccessKey: "practice" };
  const client = new SecretsManagerClient({ endpoint: endpointUrl, region, credentials });
  try {
    await client.send(
      new CreateSecretCommand({
        Name: names.foreign,
        SecretString: "belongs to another team",
        Tags: [{ Key: "owner", Value: "team-elsewhere" }],
      }),
    );
    await client.send(new CreateSecretCommand({ Name: names.scheduled, SecretString: "left over from last year" }));
    await client.send(new DeleteSecretCommand({ SecretId: names.scheduled, RecoveryWindowInDays: 30 }));
  } finally {
    client.destroy();
  }
}
