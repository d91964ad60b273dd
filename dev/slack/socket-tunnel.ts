import type { IncomingMessage } from "node:http";
import { connect } from "node:net";
import type { Duplex } from "node:stream";

/** A socket passes as it is, in both directions, from its handshake on. */
export function tunnelSocket(given: {
  request: IncomingMessage;
  client: Duplex;
  head: Buffer;
  port: number;
  path: string;
}): void {
  const { request, client, head, port, path } = given;
  const upstream = connect(port, "127.0.0.1", () => {
    const headers = request.rawHeaders.flatMap((name, at) =>
      at % 2 === 0 ? [`${name}: ${request.rawHeaders[at + 1] ?? ""}`] : [],
    );
    upstream.write(`GET ${path} HTTP/1.1\r\n${headers.join("\r\n")}\r\n\r\n`);
    if (head.length > 0) upstream.write(head);
    upstream.pipe(client).pipe(upstream);
  });
  for (const [one, other] of [
    [upstream, client],
    [client, upstream],
  ] as const) {
    one.on("error", () => other.destroy());
    one.on("close", () => other.end()); // not destroyed: its last frames may still be on the way
  }
}
