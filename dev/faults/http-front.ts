import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import { type AddressInfo, createServer as createListener, type Socket } from "node:net";
import { buffer } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import type { FaultList, FrontAnswer } from "./fault-list.ts";
import { methodOf, withListMethod } from "./list-method.ts";

/** A request as rules see it. Bodies live in memory for as long as the call does: they may hold secret values. */
export interface FrontRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
}

/** What a rule makes of a call: an answer of its own, another body to pass on, or nothing. */
export type Ruling = { readonly answer: FrontAnswer } | { readonly body: Buffer } | undefined;

export interface FrontOptions<Call> {
  /** The server behind, without a path: `http://127.0.0.1:5000`. */
  readonly target: string;
  readonly faults: FaultList<Call>;
  /** Names a call for faults and for the list of calls. */
  readonly nameCall: (request: FrontRequest) => Call;
  readonly rule?: (call: Call, request: FrontRequest, askTarget: AskTarget) => Promise<Ruling>;
}

/** Asks the server behind a question of the front's own. */
export type AskTarget = (request: FrontRequest) => Promise<{ status: number; body: string }>;

export interface HttpFront<Call> {
  readonly url: string;
  /** Every call that reached the front, in order: names and times, no bodies. */
  calls(): (Call & { readonly at: Date })[];
  /** true: every connection is cut, now and on arrival, until false. */
  down(isDown: boolean): void;
  stop(): Promise<void>;
}

const HOP_BY_HOP = new Set(["connection", "keep-alive", "transfer-encoding", "content-length"]);

/** An HTTP server on a free port that passes every call on to `target`, except where a rule or a fault says otherwise. */
export async function startHttpFront<Call extends object>(options: FrontOptions<Call>): Promise<HttpFront<Call>> {
  const { target, faults, nameCall, rule } = options;
  const calls: (Call & { at: Date })[] = [];
  const sockets = new Set<Socket>();
  const stopping = new AbortController();
  let isDown = false;
  const askTarget: AskTarget = async (asked) => {
    const { status, body } = await passOn(target, asked, stopping.signal);
    return { status, body: body.toString("utf8") };
  };

  const handle = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { url: path = "/", headers } = incoming;
    const asked: FrontRequest = { method: methodOf(incoming.method), path, headers, body: await buffer(incoming) };
    const call = nameCall(asked);
    calls.push({ ...call, at: new Date() });
    const fault = faults.next(call);
    if (fault?.does === "cut") return cut(response);
    if (fault?.does === "answer") return send(response, fault.answer);
    if (fault?.does === "delay") await delay(fault.delayMs, undefined, { signal: stopping.signal });
    const ruling = await rule?.(call, asked, askTarget);
    const answer =
      ruling && "answer" in ruling
        ? ruling.answer
        : await passOn(target, ruling ? { ...asked, body: ruling.body } : asked, stopping.signal);
    if (fault?.does === "lose-answer" || isDown) return cut(response);
    if (fault?.does === "halve-answer") return sendHalf(response, answer);
    send(response, answer);
  };

  const http = createServer((incoming, response) => {
    // The server behind is gone, or we are stopping: the caller sees what it would see without a front.
    handle(incoming, response).catch(() => cut(response));
  });
  const listener = createListener({ noDelay: true }, (socket) => {
    if (isDown) return void socket.destroy();
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    // Not a socket but a stream: so the HTTP server sets no idle timeout either, which would now and then cut a
    // connection in the moment a client uses it again: a fault that nobody ordered.
    http.emit("connection", withListMethod(socket));
  });
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  listener.unref();
  const cutAll = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: `http://127.0.0.1:${(listener.address() as AddressInfo).port}`,
    calls: () => [...calls],
    down: (wanted) => {
      isDown = wanted;
      if (isDown) cutAll();
    },
    stop: async () => {
      stopping.abort();
      const closed = new Promise((resolve) => listener.close(resolve));
      cutAll();
      await closed;
    },
  };
}

interface TargetAnswer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
}

/** Host and signature stay the caller's: moto makes its queue URLs from the one and the account from the other. */
function passOn(
  target: string,
  { method, path, headers, body }: FrontRequest,
  signal: AbortSignal,
): Promise<TargetAnswer> {
  const passed = { ...withoutHopByHop(headers), "content-length": String(body.length) };
  return new Promise((resolve, reject) => {
    // No agent: a connection of its own for each call, so that none dies idle under a call that is to be passed on.
    // The path goes on letter by letter: a URL would read `//` as a host, and resolve `..`.
    const { hostname, port } = new URL(target);
    const options = { hostname, port, path, method, headers: passed, agent: false, signal };
    const outgoing = request(options, (incoming) => {
      const { statusCode: status = 502 } = incoming;
      buffer(incoming).then(
        (answered) => resolve({ status, headers: withoutHopByHop(incoming.headers), body: answered }),
        reject,
      );
    });
    outgoing.once("error", reject);
    outgoing.end(body);
  });
}

function withoutHopByHop(headers: IncomingMessage["headers"]): IncomingMessage["headers"] {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP_BY_HOP.has(name)));
}

type AnyAnswer = FrontAnswer | TargetAnswer;

function send(response: ServerResponse, { status, headers, body }: AnyAnswer): void {
  response.writeHead(status, headers).end(body);
}

/** The caller has the status, the headers and the first half of the body in hand when the connection goes. */
function sendHalf(response: ServerResponse, { status, headers, body }: AnyAnswer): void {
  const whole = Buffer.from(body);
  response.writeHead(status, { ...headers, "content-length": whole.length });
  response.flushHeaders();
  response.write(whole.subarray(0, Math.floor(whole.length / 2)), () => cut(response));
}

function cut(response: ServerResponse): void {
  response.socket?.destroy();
}
