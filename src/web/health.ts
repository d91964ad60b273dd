import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** Resolves while the thing works; its failure's text is not shown. */
export type HealthCheck = () => Promise<unknown>;

export interface HealthOptions {
  /** 0: any free port. */
  readonly port: number;
  readonly checks: Readonly<Record<string, HealthCheck>>;
  /** A check that takes longer counts as down. */
  readonly timeoutMs?: number;
}

export interface HealthReport {
  readonly status: "up" | "degraded";
  readonly checks: Readonly<Record<string, "up" | "down">>;
}

/** `GET /healthz`: 200 if everything is up, 503 if not, and what is not. Asks anew each time. */
export async function startHealth(options: HealthOptions): Promise<{ port: number; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    if (request.method !== "GET" || request.url !== "/healthz") {
      response.writeHead(404, { "content-type": "text/plain" }).end("only GET /healthz is here\n");
      return;
    }
    void reportHealth(options).then((report) => {
      response.writeHead(report.status === "up" ? 200 : 503, { "content-type": "application/json" });
      response.end(`${JSON.stringify(report)}\n`);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export async function reportHealth({ checks, timeoutMs = 3_000 }: Omit<HealthOptions, "port">): Promise<HealthReport> {
  const answers = await Promise.all(
    Object.entries(checks).map(async ([name, check]) => [name, await isUp(check, timeoutMs)] as const),
  );
  const status = answers.every(([, answer]) => answer === "up") ? "up" : "degraded";
  return { status, checks: Object.fromEntries(answers) };
}

async function isUp(check: HealthCheck, timeoutMs: number): Promise<"up" | "down"> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<"down">((resolve) => {
    timer = setTimeout(resolve, timeoutMs, "down");
  });
  const answer = check().then(
    () => "up" as const,
    () => "down" as const,
  );
  return Promise.race([answer, late]).finally(() => clearTimeout(timer));
}
