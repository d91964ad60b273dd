import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

/** One call as it left us, body and all. */
export interface RecordedCall {
  /** "AssumeRole", "CreateSecret"… */
  readonly action: string;
  /** Whose signature it bears. */
  readonly accessKeyId: string;
  readonly headers: IncomingHttpHeaders;
  /** The fields of STS's form; empty for others. */
  readonly form: URLSearchParams;
}

/** Passes everything on to a real server and remembers what was asked. Ends with the test. */
export async function recordCalls(upstream: string): Promise<{ url: string; calls: RecordedCall[] }> {
  const calls: RecordedCall[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const { headers } = request;
    const isForm = String(headers["content-type"]).includes("x-www-form-urlencoded");
    const form = new URLSearchParams(isForm ? body.toString("utf8") : "");
    const action = form.get("Action") ?? String(headers["x-amz-target"]).split(".")[1] ?? "";
    const accessKeyId = /Credential=([^/]+)\//.exec(String(headers.authorization))?.[1] ?? "";
    calls.push({ action, accessKeyId, headers, form });
    const { "content-length": _length, connection: _connection, host: _host, ...kept } = headers;
    const answer = await fetch(`${upstream}${request.url}`, {
      method: request.method ?? "POST",
      headers: kept as Record<string, string>,
      body,
    });
    response.writeHead(answer.status, { "content-type": answer.headers.get("content-type") ?? "" });
    response.end(Buffer.from(await answer.arrayBuffer()));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, calls };
}
