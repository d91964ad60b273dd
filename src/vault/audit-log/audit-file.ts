import { createReadStream } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import type { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import type { LastLine } from "../../catalog/usage/usage-log.ts";
import { hashOf } from "./stretch-counter.ts";

const CHUNK_BYTES = 1024 * 1024;
/** So much of the first line tells a log from every other: each line holds a request's id and its time. */
const HEAD_BYTES = 16 * 1024;
const LINE_BREAK = 10;
const GZIP = Buffer.from([0x1f, 0x8b]);

/** An audit log in a file, plain or compressed by gzip, as it was when it was opened: a rename does not change it. */
export interface AuditFile {
  readonly isCompressed: boolean;
  /** The device and the inode: whether a path still leads to this file. */
  readonly identity: string;
  /** In the file as it lies there. */
  sizeBytes(): Promise<number>;
  /** null: there is no whole line yet. */
  fingerprint(): Promise<string | null>;
  /** False: what ends at `place` is not that line, so this is another log with the same beginning. Plain files only. */
  endsWith(place: number, line: LastLine): Promise<boolean>;
  /**
   * Its bytes from a place on, uncompressed, to the end that it has then. A chunk is good until the next one is asked for.
   * @throws Error With a code of zlib's: the compressed data is broken or cut off.
   */
  read(from: number): AsyncGenerator<Buffer, void, undefined>;
  close(): Promise<void>;
}

/** @throws Error With a code of the system's, such as ENOENT. */
export async function openAuditFile(path: string): Promise<AuditFile> {
  const handle = await open(path, "r");
  try {
    const { dev, ino } = await handle.stat();
    const isCompressed = (await readAt(handle, 0, GZIP.length)).equals(GZIP);
    const read = (from: number) => (isCompressed ? readCompressed(path, from) : readPlain(handle, from));
    return {
      isCompressed,
      identity: `${dev}:${ino}`,
      sizeBytes: async () => (await handle.stat()).size,
      fingerprint: () => fingerprintOf(read(0)),
      async endsWith(place, { hash, bytes }) {
        const window = await readAt(handle, Math.max(0, place - bytes - 1), bytes + 1);
        // With its line break, or without where the log ended in the middle of the last one.
        return [window.subarray(0, bytes), window.subarray(-bytes)].some((line) => hashOf(line) === hash);
      },
      read,
      close: () => handle.close(),
    };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function readAt(handle: FileHandle, position: number, bytes: number): Promise<Buffer> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(bytes), 0, bytes, position);
  return buffer.subarray(0, bytesRead);
}

async function* readPlain(handle: FileHandle, from: number): AsyncGenerator<Buffer, void, undefined> {
  for (let position = from; ; ) {
    const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(CHUNK_BYTES), 0, CHUNK_BYTES, position);
    if (bytesRead === 0) return;
    position += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

async function* readCompressed(path: string, from: number): AsyncGenerator<Buffer, void, undefined> {
  const source = createReadStream(path, { highWaterMark: CHUNK_BYTES });
  const gunzip = createGunzip({ chunkSize: CHUNK_BYTES });
  source.on("error", (error) => gunzip.destroy(error));
  let toSkip = from;
  try {
    for await (const chunk of source.pipe(gunzip) as Readable & AsyncIterable<Buffer>) {
      const skipped = Math.min(toSkip, chunk.length);
      toSkip -= skipped;
      if (skipped < chunk.length) yield chunk.subarray(skipped);
    }
  } finally {
    source.destroy();
    gunzip.destroy();
  }
}

async function fingerprintOf(chunks: AsyncGenerator<Buffer, void, undefined>): Promise<string | null> {
  let head = Buffer.alloc(0);
  for await (const chunk of chunks) {
    head = Buffer.concat([head, chunk.subarray(0, HEAD_BYTES)]);
    const end = head.indexOf(LINE_BREAK);
    if (end >= 0 || head.length >= HEAD_BYTES)
      return hashOf(head.subarray(0, end < 0 ? HEAD_BYTES : end).subarray(0, HEAD_BYTES));
  }
  return null;
}
