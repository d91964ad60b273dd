import { Agent, type ClientRequest, request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { request as httpsRequest, Agent as TlsAgent } from "node:https";

export interface HttpCall {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  /** For the whole call, to the last byte of the answer. */
  readonly timeoutMs: number;
}

export interface HttpAnswer {
  readonly statusCode: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** The whole call took longer than it may. */
export class DeadlineError extends Error {}

/** Shorter than any server's own idle time, so that we seldom write on a connection that the other side has closed. */
const IDLE_MS = 4_000;
const KEPT = { keepAlive: true, timeout: IDLE_MS, scheduling: "lifo" } as const;
const [agent, tlsAgent] = [new Agent(KEPT), new TlsAgent(KEPT)];

/**
 * One HTTP call, over connections that are kept. By node:http and not by fetch, which takes nearly twice the processor:
 * a crawl makes some 140,000 of them. Redirects are answers like any other.
 * @throws {DeadlineError} {Error} With a system's `code` where the connection failed or was cut.
 */
export function callHttp(url: URL, { method, headers, body, timeoutMs }: HttpCall): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const isTls = url.protocol === "https:";
    const request: ClientRequest = isTls
      ? httpsRequest(url, { method, headers, agent: tlsAgent })
      : httpRequest(url, { method, headers, agent });
    const deadline = setTimeout(() => {
      reject(new DeadlineError());
      request.destroy();
    }, timeoutMs);
    const fail = (error: Error): void => {
      clearTimeout(deadline);
      reject(error);
    };
    request.on("error", fail);
    request.on("response", (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        text += chunk;
      });
      response.on("error", fail); // also an answer that was cut
      response.on("end", () => {
        clearTimeout(deadline);
        resolve({ statusCode: response.statusCode ?? 0, headers: response.headers, text });
      });
    });
    request.end(body ?? undefined);
  });
}
