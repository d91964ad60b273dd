/** Longer lines are passed over. Vault's own limit for a request is 32 MiB; a read or write that counts is far shorter. */
export const LINE_BYTES_MAX = 4 * 1024 * 1024;
const LINE_BREAK = 10;

export interface LineHearer {
  /** A whole line, at `buffer[start..end)` without its line break; valid during the call. */
  line(buffer: Buffer, start: number, end: number): void;
  /** A line that was too long to be kept, with its length in bytes. */
  overlong(bytes: number): void;
}

export interface LineSplitter {
  push(chunk: Buffer): void;
  /** What came after the last line break; null: nothing, or too much. */
  rest(): Buffer | null;
}

/** Cuts chunks into lines with bounded memory. */
export function lineSplitter(hearer: LineHearer, maxBytes = LINE_BYTES_MAX): LineSplitter {
  let kept: Buffer[] = [];
  let keptBytes = 0;
  const endKept = (piece: Buffer): void => {
    const bytes = keptBytes + piece.length;
    if (bytes > maxBytes) hearer.overlong(bytes);
    else hearer.line(Buffer.concat([...kept, piece]), 0, bytes);
    kept = [];
    keptBytes = 0;
  };
  return {
    push(chunk) {
      let start = 0;
      for (let end = chunk.indexOf(LINE_BREAK); end >= 0; end = chunk.indexOf(LINE_BREAK, start)) {
        if (keptBytes > 0) endKept(chunk.subarray(start, end));
        else if (end - start > maxBytes) hearer.overlong(end - start);
        else hearer.line(chunk, start, end);
        start = end + 1;
      }
      if (start === chunk.length) return;
      keptBytes += chunk.length - start;
      if (keptBytes > maxBytes) kept = [];
      else kept.push(Buffer.from(chunk.subarray(start))); // a copy: the chunk may be used again
    },
    rest: () => (keptBytes === 0 || keptBytes > maxBytes ? null : Buffer.concat(kept)),
  };
}
