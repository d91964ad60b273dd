import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text as readText } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import { portNear } from "../processes/free-port.ts";
import { interactiveEnvelopes } from "./interactive-envelopes.ts";
import { missingMethods } from "./missing-methods.ts";
import { pageAsPeopleSeeIt } from "./practice-page.ts";
import { APP_TOKEN, BOT, BOT_TOKEN, TEAM_ID, type Usergroup } from "./practice-workspace.ts";
import { tunnelSocket } from "./socket-tunnel.ts";
import { type Args, type Refusal, strictWebApi } from "./strict-web-api.ts";
import { parseArgs, readableBody } from "./web-api-args.ts";

/** What the next call of one method meets. `lostAnswer`: the call is carried out and the connection cut after it. */
export type SlackFault =
  | { status: number; retryAfter?: number }
  | { error: string }
  | { cut: true }
  | { lostAnswer: true }
  | { delayMs: number };
export interface Violation extends Refusal {
  method: string;
}
export interface SlackProxy {
  port: number;
  /** For local-slack's `--base-host`: makes it hand out socket and response URLs that lead through this proxy. */
  baseHost: string;
  forwardTo(port: number): void;
  /** Every request that Slack would have refused or warned of, in order. */
  violations(): Violation[];
  /** The raw body of everything the bot sent by HTTP, answers to `response_url` included. */
  sent(): string[];
  /** @param method A Web API method, or `response_url`. Faults of one method queue up. */
  failNext(method: string, fault: SlackFault): void;
  /** @throws Error for an id that is no user group's. */
  setUsergroupMembers(usergroupId: string, userIds: string[]): void;
  stop(): Promise<void>;
}

/** What the bot acknowledged an interaction with: see interactive-envelopes.ts. */
export const ANSWERS = "/_practice/answers/";
const RESPONSE_URL_USES = 5;
const RESPONSE_URL_LIFE_MS = 30 * 60_000;

/**
 * Stands in front of local-slack: answers the methods it lacks, refuses what Slack refuses, and fails on demand.
 * Everything else (sockets, pages, control calls) passes through untouched.
 * `triggerLifeMs` is 3,000 as on Slack unless given; `port` is a wish.
 */
export async function startSlackProxy(given: {
  usergroups: Iterable<Readonly<Omit<Usergroup, "users">> & { readonly users: readonly string[] }>;
  port?: number;
  triggerLifeMs?: number;
}): Promise<SlackProxy> {
  const usergroups = new Map([...given.usergroups].map((group) => [group.id, { ...group, users: [...group.users] }]));
  const answers = missingMethods(usergroups);
  const strict = strictWebApi({
    botToken: BOT_TOKEN,
    appToken: APP_TOKEN,
    triggerLifeMs: given.triggerLifeMs ?? 3_000,
  });
  const [violations, sent, faults] = [[] as Violation[], [] as string[], new Map<string, SlackFault[]>()];
  const responseUrls = new Map<string, { uses: number; firstUsedAt: number }>();
  const envelopes = interactiveEnvelopes({ appId: BOT.appId, teamId: TEAM_ID });
  let target = 0;

  const forward = (request: IncomingMessage, path: string, body?: string): Promise<Response> =>
    fetch(`http://127.0.0.1:${target}${path}`, {
      method: request.method ?? "GET",
      headers: forwardable(request),
      redirect: "manual",
      ...(body === undefined ? {} : { body }),
    });

  const judge = (method: string, args: Args, token?: string): Refusal | undefined => {
    const refused = strict.refuse(method, args, token);
    const noticed = refused ?? strict.frownAt(method, args);
    if (noticed) violations.push({ method, ...noticed });
    return refused;
  };

  /** Plays a queued fault. @returns true when the answer has been given. */
  const playFault = async (
    method: string,
    request: IncomingMessage,
    response: ServerResponse,
    path: string,
    body: string,
  ) => {
    const fault = faults.get(method)?.shift();
    if (!fault) return false;
    if ("delayMs" in fault) {
      await delay(fault.delayMs);
      return false;
    }
    if ("lostAnswer" in fault) await forward(request, path, body);
    if ("lostAnswer" in fault || "cut" in fault) request.socket.destroy();
    else if ("error" in fault) json(response, 200, { ok: false, error: fault.error });
    else {
      const headers = fault.retryAfter === undefined ? {} : { "retry-after": String(fault.retryAfter) };
      json(
        response,
        fault.status,
        { ok: false, error: fault.status === 429 ? "ratelimited" : "internal_error" },
        headers,
      );
    }
    return true;
  };

  const webApi = async (request: IncomingMessage, response: ServerResponse, path: string, method: string) => {
    const body = await readText(request);
    sent.push(`${method} ${readableBody(body)}`);
    if (await playFault(method, request, response, path, body)) return;
    const args = parseArgs(body, request.headers["content-type"]);
    const refused = judge(method, args, bearer(request) ?? (args.token as string | undefined));
    if (refused) {
      json(response, 200, { ok: false, error: refused.error, response_metadata: { messages: refused.details } });
      return;
    }
    const answer = answers[method];
    if (answer) {
      json(response, 200, answer(args));
      return;
    }
    if (method === "chat.postEphemeral" && !(await isMember(request, args))) {
      json(response, 200, { ok: false, error: "user_not_in_channel" });
      return;
    }
    const answered = await (await forward(request, path, body)).json();
    strict.learn(args, answered);
    json(response, 200, answered);
  };

  const isMember = async (request: IncomingMessage, { channel, user }: Args): Promise<boolean> => {
    const headers = { authorization: request.headers.authorization ?? "", "content-type": "application/json" };
    const url = `http://127.0.0.1:${target}/api/conversations.members`;
    const answered = await fetch(url, { method: "POST", headers, body: JSON.stringify({ channel }) });
    const { members = [user] } = (await answered.json()) as { members?: unknown[] };
    return members.includes(user);
  };

  /** Slack's rules for a response_url: five uses in 30 minutes, and for the asker alone unless told otherwise. */
  const responseUrl = async (request: IncomingMessage, response: ServerResponse, path: string) => {
    const body = await readText(request);
    sent.push(`response_url ${body}`);
    if (await playFault("response_url", request, response, path, body)) return;
    const args = parseArgs(body, "application/json");
    const used = responseUrls.get(path) ?? { uses: 0, firstUsedAt: Date.now() };
    responseUrls.set(path, { ...used, uses: used.uses + 1 });
    const isSpent = used.uses >= RESPONSE_URL_USES || Date.now() - used.firstUsedAt > RESPONSE_URL_LIFE_MS;
    if (isSpent) violations.push({ method: "response_url", error: "used_url", details: [path] });
    const refused = isSpent ? undefined : judge("response_url", args);
    if (isSpent || refused) {
      json(response, isSpent ? 404 : 400, { ok: false, error: refused?.error ?? "used_url" });
      return;
    }
    const isNew = !args.replace_original && !args.delete_original;
    const asSlackReads = isNew && !args.response_type ? { ...args, response_type: "ephemeral" } : args;
    await relay(response, await forward(request, path, JSON.stringify(asSlackReads)));
  };

  const server = createServer((request, response) => {
    // `/p:PORT` is what the base host trick leaves in front of the URLs that local-slack hands out.
    const path = (request.url ?? "/").replace(/^\/p:\d+/, "");
    const [, method] = /^\/api\/([\w.]+)/.exec(path) ?? [];
    const handled = method
      ? webApi(request, response, path, method)
      : path.startsWith("/_hooks/response/")
        ? responseUrl(request, response, path)
        : path.startsWith(ANSWERS)
          ? tellAnswer(response, path.slice(ANSWERS.length))
          : passThrough(request, response, path);
    handled.catch(() =>
      response.headersSent ? response.end() : json(response, 502, { ok: false, error: "fatal_error" }),
    );
  });

  const tellAnswer = async (response: ServerResponse, id: string) => {
    const answer = envelopes.takeAnswer(id);
    json(response, answer ? 200 : 404, answer ?? { error: "not acknowledged" });
  };

  const passThrough = async (request: IncomingMessage, response: ServerResponse, path: string) => {
    if (path !== request.url && request.method === "GET") {
      response.writeHead(302, { location: path }).end(); // a permalink
      return;
    }
    const hasBody = request.method !== "GET" && request.method !== "HEAD";
    const answered = await forward(request, path, hasBody ? await readText(request) : undefined);
    if (!answered.headers.get("content-type")?.startsWith("text/html")) return relay(response, answered);
    response
      .writeHead(200, { "content-type": "text/html; charset=utf-8" })
      .end(pageAsPeopleSeeIt(await answered.text()));
  };

  server.on("upgrade", (request, client, head) => {
    const path = (request.url ?? "/").replace(/^\/p:\d+/, "");
    const texts = {
      toBot: envelopes.toBot,
      fromBot: (text: string) => {
        const passed = envelopes.fromBot(text);
        if (passed !== text) sent.push(`answer to an interaction ${text}`);
        return passed;
      },
    };
    tunnelSocket({ request, client, head, port: target, path, texts });
  });
  const wanted = await portNear(given.port);
  await new Promise<void>((listening, failed) => {
    server.once("error", failed).listen(wanted, "127.0.0.1", listening);
  });
  const { port } = server.address() as AddressInfo;

  return {
    port,
    baseHost: `127.0.0.1:${port}/p`,
    forwardTo: (to) => {
      target = to;
    },
    violations: () => [...violations],
    sent: () => [...sent],
    failNext: (method, fault) => {
      faults.set(method, [...(faults.get(method) ?? []), fault]);
    },
    setUsergroupMembers: (usergroupId, userIds) => {
      const group = usergroups.get(usergroupId);
      if (!group) throw new Error(`No user group ${usergroupId} in the practice workspace.`);
      group.users = [...userIds];
    },
    stop: () =>
      new Promise((stopped) => {
        server.close(() => stopped());
        server.closeAllConnections();
      }),
  };
}

function forwardable(request: IncomingMessage): Record<string, string> {
  const names = ["authorization", "content-type", "accept"] as const;
  return Object.fromEntries(names.flatMap((name) => (request.headers[name] ? [[name, request.headers[name]]] : [])));
}

async function relay(response: ServerResponse, answered: Response): Promise<void> {
  const type = answered.headers.get("content-type") ?? "text/plain";
  response.writeHead(answered.status, { "content-type": type }).end(Buffer.from(await answered.arrayBuffer()));
}

function json(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
}

function bearer(request: IncomingMessage): string | undefined {
  return request.headers.authorization?.replace(/^Bearer /, "");
}
