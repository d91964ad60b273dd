import type { Socket } from "node:net";
import { Duplex } from "node:stream";

// Vault's clients send `LIST /v1/…`, and Node's HTTP parser knows no such method and answers 400. So on its way to the
// parser the word becomes one that the parser does know and that neither Vault nor AWS uses; `methodOf` turns it back.
const STAND_IN = "SEARCH";
const LIST_REQUEST = /^LIST (?=\/\S* HTTP\/1\.1\r\n)/;
const LONGEST_REQUEST_LINE = 16_384;

/** The method that the client sent. */
export function methodOf(parsed: string | undefined): string {
  return parsed === STAND_IN ? "LIST" : (parsed ?? "GET");
}

/** The connection as the HTTP server may read it. Destroying it destroys the socket, and the other way round. */
export function withListMethod(socket: Socket): Duplex {
  const stream = new Duplex({
    read: () => void socket.resume(),
    write: (chunk: Buffer, _encoding, done) => void socket.write(chunk, done),
    final: (done) => void socket.end(done),
    destroy: (error, done) => {
      socket.destroy();
      done(error);
    },
  });
  socket.on("data", (chunk: Buffer) => {
    if (!stream.push(renameList(chunk))) socket.pause();
  });
  socket.once("end", () => void stream.push(null));
  socket.once("close", () => void stream.destroy());
  socket.on("error", () => void stream.destroy());
  stream.on("error", () => undefined); // a write after the client left: seen as "close"
  return stream;
}

/** A request line comes at the start of what was sent at once: clients wait for an answer before they ask again. */
function renameList(chunk: Buffer): Buffer {
  const isList = LIST_REQUEST.test(chunk.toString("latin1", 0, LONGEST_REQUEST_LINE));
  return isList ? Buffer.concat([Buffer.from(STAND_IN), chunk.subarray("LIST".length)]) : chunk;
}
