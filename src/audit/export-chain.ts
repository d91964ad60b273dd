import { z } from "zod";
import type { Store } from "../store/open-store.ts";
import type { ChainLink } from "./append-event.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { readLinks } from "./read-links.ts";

const Line = z.union([
  z.strictObject({
    event: z.strictObject({
      seq: z.number().int(),
      at: z.string(),
      kind: z.string(),
      actor: z.string(),
      subject: z.string(),
      content: z.record(z.string(), z.unknown()),
      previousHash: z.string(),
      hash: z.string(),
    }),
  }),
  z.strictObject({
    checkpoint: z.strictObject({
      seq: z.number().int(),
      hash: z.string(),
      signedAt: z.string(),
      signature: z.string(),
      keyId: z.string(),
    }),
  }),
]);

export interface ChainExport {
  readonly links: readonly ChainLink[];
  readonly checkpoints: readonly Checkpoint[];
}

/** The whole chain as NDJSON, a line at a time: every event in order, then every checkpoint. Lines end in "\n". */
export async function* exportChain(store: Store): AsyncGenerator<string> {
  for await (const event of readLinks(store, 0)) yield `${JSON.stringify({ event })}\n`;
  const rows = await store.selectFrom("auditCheckpoint").selectAll().orderBy("seq").execute();
  for (const { signedAt, ...rest } of rows) {
    const checkpoint: Checkpoint = { ...rest, signedAt: signedAt.toISOString() };
    yield `${JSON.stringify({ checkpoint })}\n`;
  }
}

/** Reads what `exportChain` wrote. @returns null for a text that is no export. */
export function parseExport(text: string): ChainExport | null {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  const links: ChainLink[] = [];
  const checkpoints: Checkpoint[] = [];
  for (const line of lines) {
    const parsed = parseLine(line);
    if (parsed === null) return null;
    if ("event" in parsed) links.push(parsed.event);
    else checkpoints.push(parsed.checkpoint);
  }
  return lines.length === 0 ? null : { links, checkpoints };
}

function parseLine(line: string): z.output<typeof Line> | null {
  try {
    return Line.safeParse(JSON.parse(line)).data ?? null;
  } catch {
    return null;
  }
}
