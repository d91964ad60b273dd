import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { mapTargetError } from "../../src/aws/map-target-error.ts";
import { secretsManagerClients } from "../../src/aws/secrets-manager-client.ts";
import { secretsManagerTarget } from "../../src/aws/secrets-manager-target.ts";
import * as errors from "../../src/migration/target-errors.ts";

const target = { accountId: "123456789012", region: "eu-central-1", name: "app/a", kmsKeyId: null };
const credentials = { accessKeyId: "practice", secretAccessKey: "practice" };

describe("mapTargetError", () => {
  it.each([
    ["ResourceExistsException", 400, errors.TargetTakenError, false],
    ["ResourceNotFoundException", 400, errors.TargetNotFoundError, false],
    ["InvalidParameterException", 400, errors.TargetRefusedError, false],
    ["LimitExceededException", 400, errors.TargetLimitError, false],
    ["EncryptionFailure", 400, errors.TargetKeyError, false],
    ["ThrottlingException", 400, errors.TargetThrottledError, true],
    ["SomethingNew", 429, errors.TargetThrottledError, true],
    ["SomethingNew", 400, errors.TargetRefusedError, false],
    ["SomethingNew", 503, errors.TargetUnavailableError, true],
    ["ExpiredTokenException", 400, errors.TargetAccessDeniedError, false],
    ["ECONNREFUSED", undefined, errors.TargetUnavailableError, true],
    ["Error", 200, errors.TargetUnavailableError, true], // cut in the middle of the answer
    ["Error", 400, errors.TargetUnavailableError, true],
    ["SyntaxError", 400, errors.TargetUnavailableError, true],
    ["SyntaxError", 403, errors.TargetAccessDeniedError, false], // a proxy's page
  ])("maps %s with status %s", (name, httpStatusCode, expected, isRetryable) => {
    const mapped = mapTargetError({ name, $metadata: { httpStatusCode } }, { operation: "CreateSecret", target });
    expect(mapped).toBeInstanceOf(expected);
    expect(mapped.retryable).toBe(isRetryable);
  });

  it("tells a tombstone from the other wrong states", () => {
    const call = { operation: "CreateSecret", target };
    const because = (message: string) => mapTargetError({ name: "InvalidRequestException", message }, call);
    const tombstone = "You can't create this secret because a secret with this name is already scheduled for deletion.";
    expect(because(tombstone)).toBeInstanceOf(errors.TargetTombstonedError);
    expect(because("The secret is managed by another service.")).toBeInstanceOf(errors.TargetRefusedError);
  });

  it("says the call, the name and AWS's reference, and nothing that AWS said", () => {
    const thrown = { name: "AccessDeniedException", message: "quoted value", $metadata: { requestId: "r-1" } };
    const { message } = mapTargetError(thrown, { operation: "PutSecretValue", target });
    expect(message).toBe("PutSecretValue of app/a in eu-central-1 failed (AccessDeniedException, request r-1)");
  });
});

describe("a Secrets Manager that misbehaves", () => {
  let server: Server | undefined;
  afterEach(() => {
    server?.closeAllConnections();
    server?.close();
  });

  async function targetOn(listener: Parameters<typeof createServer>[1]) {
    server = createServer(listener as never);
    const listening = server;
    await new Promise<void>((resolve) => listening.listen(0, "127.0.0.1", resolve));
    const endpoint = `http://127.0.0.1:${(listening.address() as AddressInfo).port}`;
    return secretsManagerTarget(secretsManagerClients({ endpoint, credentials, requestTimeoutMs: 100 }));
  }

  it("is given up on when it never answers, after three attempts", async () => {
    let calls = 0;
    const silent = await targetOn(() => {
      calls += 1;
    });
    await expect(silent.describe(target)).rejects.toThrow(errors.TargetUnavailableError);
    expect(calls).toBe(3);
  });

  it("is unavailable when it closes the connection", async () => {
    const rude = await targetOn((request) => request.socket.destroy());
    await expect(rude.describe(target)).rejects.toThrow(errors.TargetUnavailableError);
  });

  it("is asked three times while it throttles, then the failure is retryable", async () => {
    let calls = 0;
    const busy = await targetOn((_request, response) => {
      calls += 1;
      response.writeHead(400, { "content-type": "application/x-amz-json-1.1" });
      response.end(JSON.stringify({ __type: "ThrottlingException", message: "Rate exceeded" }));
    });
    await expect(busy.describe(target)).rejects.toMatchObject({ code: "TARGET_THROTTLED", retryable: true });
    expect(calls).toBe(3);
  });

  it("is asked once when it denies", async () => {
    let calls = 0;
    const strict = await targetOn((_request, response) => {
      calls += 1;
      response.writeHead(400, { "content-type": "application/x-amz-json-1.1" });
      response.end(JSON.stringify({ __type: "AccessDeniedException", message: "not authorized" }));
    });
    await expect(strict.describe(target)).rejects.toThrow(errors.TargetAccessDeniedError);
    expect(calls).toBe(1);
  });
});
