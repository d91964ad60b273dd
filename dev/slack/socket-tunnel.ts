import type { IncomingMessage } from "node:http";
import { connect } from "node:net";
import { type Duplex, Transform } from "node:stream";
import { frameCutter, textFrame } from "./socket-frames.ts";

/** What becomes of the texts on their way; the same text goes on as it came, byte for byte. */
export interface SocketTexts {
  toBot(text: string): string;
  fromBot(text: string): string;
}

/** A socket passes from its handshake on, in both directions; `texts` may change what is said on it. */
export function tunnelSocket(given: {
  request: IncomingMessage;
  client: Duplex;
  head: Buffer;
  port: number;
  path: string;
  texts: SocketTexts;
}): void {
  const { request, client, head, port, path, texts } = given;
  const upstream = connect(port, "127.0.0.1", () => {
    const headers = request.rawHeaders.flatMap((name, at) =>
      // Compressed frames could not be read here.
      at % 2 === 0 && name.toLowerCase() !== "sec-websocket-extensions"
        ? [`${name}: ${request.rawHeaders[at + 1] ?? ""}`]
        : [],
    );
    upstream.write(`GET ${path} HTTP/1.1\r\n${headers.join("\r\n")}\r\n\r\n`);
    const fromClient = changing(texts.fromBot, { isMasked: true, hasHandshake: false });
    if (head.length > 0) fromClient.write(head);
    upstream.pipe(changing(texts.toBot, { isMasked: false, hasHandshake: true })).pipe(client);
    client.pipe(fromClient).pipe(upstream);
  });
  for (const [one, other] of [
    [upstream, client],
    [client, upstream],
  ] as const) {
    one.on("error", () => other.destroy());
    one.on("close", () => other.end()); // not destroyed: its last frames may still be on the way
  }
}

function changing(
  change: (text: string) => string,
  { isMasked, hasHandshake }: { isMasked: boolean; hasHandshake: boolean },
): Transform {
  const cut = frameCutter();
  let handshake: Buffer | null = hasHandshake ? Buffer.alloc(0) : null;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      let bytes = chunk;
      if (handshake !== null) {
        handshake = Buffer.concat([handshake, chunk]);
        const end = handshake.indexOf("\r\n\r\n");
        if (end === -1) return done();
        this.push(handshake.subarray(0, end + 4));
        bytes = handshake.subarray(end + 4);
        handshake = null;
      }
      for (const { bytes: frame, text } of cut(bytes)) {
        const changed = text === null ? null : change(text);
        this.push(changed === null || changed === text ? frame : textFrame(changed, isMasked));
      }
      done();
    },
  });
}
