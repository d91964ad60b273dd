import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { callHttp, DeadlineError } from "../../src/vault/http-call.ts";

async function serverAt(listener: RequestListener) {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/secret/data/app`);
  return (timeoutMs = 5_000, body: string | null = null) =>
    callHttp(url, { method: body === null ? "GET" : "POST", headers: { "X-Vault-Token": "t" }, body, timeoutMs });
}

describe("callHttp", () => {
  it("sends headers and body, and answers with status, headers and text, whatever the status is", async () => {
    const call = await serverAt((request, response) => {
      let body = "";
      request.on("data", (chunk) => {
        body += chunk;
      });
      request.on("end", () => {
        response.writeHead(307, { location: "/elsewhere" });
        response.end(`${request.method} ${request.headers["x-vault-token"]} ${body}é`);
      });
    });
    const answer = await call(5_000, '{"a":"ü"}');
    expect(answer).toMatchObject({ statusCode: 307, headers: { location: "/elsewhere" }, text: 'POST t {"a":"ü"}é' });
  });

  it("uses a connection again", async () => {
    const ports = new Set<number | undefined>();
    const call = await serverAt((request, response) => {
      ports.add(request.socket.remotePort);
      response.end("{}");
    });
    for (let n = 0; n < 5; n += 1) await call();
    expect(ports.size).toBe(1);
  });

  it("fails by its deadline where no answer comes, and where it stops in the middle", async () => {
    const silent = await serverAt(() => {});
    await expect(silent(50)).rejects.toBeInstanceOf(DeadlineError);
    const halting = await serverAt((_request, response) => {
      response.writeHead(200, { "content-length": "100" });
      response.write('{"data":');
    });
    await expect(halting(200)).rejects.toBeInstanceOf(DeadlineError);
  });

  it("fails where an answer is cut, and where nobody listens, with a code and nothing of what was sent", async () => {
    const cut = await serverAt((_request, response) => {
      response.writeHead(200, { "content-length": "100" });
      response.write('{"data":');
      setImmediate(() => response.destroy());
    });
    const failures = [
      await cut(5_000, '{"secret_id":"s3cr3t"}').catch((error: Error) => error),
      await callHttp(new URL("http://127.0.0.1:1/v1/x"), {
        ...{ method: "GET", headers: { "X-Vault-Token": "s3cr3t" }, body: null, timeoutMs: 5_000 },
      }).catch((error: Error) => error),
    ];
    expect(failures.map((error) => "code" in error && error.code)).toEqual(["ECONNRESET", "ECONNREFUSED"]);
    for (const error of failures) expect(JSON.stringify(error) + String(error)).not.toContain("s3cr3t");
  });
});
