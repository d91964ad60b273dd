import { randomUUID } from "node:crypto";
import type { FrontAnswer } from "../../faults/fault-list.ts";
import type { AskTarget, FrontRequest } from "../../faults/http-front.ts";
import { SecretsManagerInput } from "./secrets-manager-input.ts";

/** Only for the moment between moto's put and the move of AWSCURRENT. */
const ARRIVING = "practice-front-arriving";

/**
 * A PutSecretValue without labels. moto takes AWSCURRENT from the version that was put last, AWS from the version that has
 * it: after a move of the label two versions would have it in moto. So the front puts, and moves the label itself.
 * @returns undefined: moto's own answer is right (the version is there already, or AWSCURRENT is nowhere).
 */
export async function plainPut(
  input: SecretsManagerInput,
  asked: FrontRequest,
  askTarget: AskTarget,
): Promise<FrontAnswer | undefined> {
  const { SecretId, ClientRequestToken = randomUUID() } = input;
  const ask = async (action: string, body: object): Promise<{ status: number; body: string }> =>
    askTarget({
      ...asked,
      headers: { ...asked.headers, "x-amz-target": `secretsmanager.${action}` },
      body: Buffer.from(JSON.stringify(body)),
    });
  const described = await ask("DescribeSecret", { SecretId });
  if (described.status !== 200) return undefined;
  const { VersionIdsToStages = {} } = SecretsManagerInput.parse(JSON.parse(described.body));
  const current = Object.keys(VersionIdsToStages).find((id) => VersionIdsToStages[id]?.includes("AWSCURRENT"));
  if (current === undefined || ClientRequestToken in VersionIdsToStages) return undefined;
  const put = await ask("PutSecretValue", { ...input, ClientRequestToken, VersionStages: [ARRIVING] });
  if (put.status !== 200) return answerWith(put.status, put.body);
  const label = { SecretId, VersionStage: "AWSCURRENT", MoveToVersionId: ClientRequestToken };
  await ask("UpdateSecretVersionStage", { ...label, RemoveFromVersionId: current });
  const arriving = { SecretId, VersionStage: ARRIVING, RemoveFromVersionId: ClientRequestToken };
  await ask("UpdateSecretVersionStage", arriving);
  return answerWith(200, JSON.stringify({ ...JSON.parse(put.body), VersionStages: ["AWSCURRENT"] }));
}

function answerWith(status: number, body: string): FrontAnswer {
  return { status, headers: { "content-type": "application/x-amz-json-1.1" }, body };
}
