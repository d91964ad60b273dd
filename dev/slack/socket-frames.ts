/** One WebSocket frame, whole. @see RFC 6455, section 5.2 */
export interface SocketFrame {
  /** As it came. */
  readonly bytes: Buffer;
  /** The text that it carries; null for anything but one whole text message. */
  readonly text: string | null;
}

const TEXT = 0x1;
const FIN = 0x80;
const MASKED = 0x80;

/** Cuts a stream of bytes into frames; what is not whole yet waits for the next call. */
export function frameCutter(): (bytes: Buffer) => SocketFrame[] {
  let waiting: Buffer = Buffer.alloc(0);
  return (bytes) => {
    waiting = Buffer.concat([waiting, bytes]);
    const frames: SocketFrame[] = [];
    for (let frame = firstFrame(waiting); frame !== null; frame = firstFrame(waiting)) {
      frames.push(frame);
      waiting = waiting.subarray(frame.bytes.length);
    }
    return frames;
  };
}

function firstFrame(bytes: Buffer): SocketFrame | null {
  if (bytes.length < 2) return null;
  const [head, second] = [bytes.readUInt8(0), bytes.readUInt8(1)];
  const [short, isMasked] = [second & 0x7f, (second & MASKED) !== 0];
  const extra = short === 126 ? 2 : short === 127 ? 8 : 0;
  const start = 2 + extra + (isMasked ? 4 : 0);
  if (bytes.length < start) return null;
  const length = extra === 0 ? short : extra === 2 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
  if (bytes.length < start + length) return null;
  const whole = bytes.subarray(0, start + length);
  const isText = head === (FIN | TEXT); // neither a part of a message nor compressed
  if (!isText) return { bytes: whole, text: null };
  const mask = isMasked ? bytes.subarray(start - 4, start) : null;
  const payload = Buffer.from(whole.subarray(start)).map((byte, at) => byte ^ (mask?.[at % 4] ?? 0));
  return { bytes: whole, text: Buffer.from(payload).toString("utf8") };
}

/** @param isMasked What a client sends is masked; a mask of zeros leaves it readable. */
export function textFrame(text: string, isMasked: boolean): Buffer {
  const payload = Buffer.from(text, "utf8");
  const bit = isMasked ? MASKED : 0;
  const size =
    payload.length < 126
      ? Buffer.from([bit | payload.length])
      : payload.length < 65_536
        ? Buffer.from([bit | 126, payload.length >> 8, payload.length & 0xff])
        : Buffer.concat([Buffer.from([bit | 127]), bigEndian(payload.length)]);
  return Buffer.concat([Buffer.from([FIN | TEXT]), size, Buffer.alloc(isMasked ? 4 : 0), payload]);
}

function bigEndian(length: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(length));
  return bytes;
}
