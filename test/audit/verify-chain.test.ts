import { sql } from "kysely";
import { describe, expect, it } from "vitest";
import { appendEvent, type ChainLink, GENESIS_HASH, linkHash } from "../../src/audit/append-event.ts";
import { exportChain, parseExport } from "../../src/audit/export-chain.ts";
import { ChainBrokenError, signCheckpoint } from "../../src/audit/sign-checkpoint.ts";
import { verifyChain } from "../../src/audit/verify-chain.ts";
import type { Store } from "../../src/store/open-store.ts";
import { freshKeys } from "../fakes/keys.ts";
import { freshStore } from "../fresh-store.ts";

const at = new Date("2026-11-23T10:00:00.123Z");
const now = () => at;
const { signer, keyring } = freshKeys();

/** A chain of five events with a checkpoint at the fourth, exported and read back. */
async function chainOfFive() {
  const { store } = await freshStore();
  await appendEvents(store, 4);
  await signCheckpoint(store, signer, now);
  await appendEvents(store, 1);
  return { store, ...(await exported(store)) };
}

async function appendEvents(store: Store, count: number): Promise<void> {
  for (let index = 0; index < count; index += 1) {
    const content = { path: `secret/ä ${index}`, nested: { b: [1, null], a: true } };
    await appendEvent(store, at, { kind: "request.made", actor: "U1", subject: `request:RQ-${index}`, content });
  }
}

async function exported(store: Store) {
  const lines: string[] = [];
  for await (const line of exportChain(store)) lines.push(line);
  const chain = parseExport(lines.join(""));
  if (chain === null) throw new Error("the export should be readable");
  return { lines, ...chain };
}

/** What an attacker with the database, but without the key, can do to a link's successors. */
function rehash(links: readonly ChainLink[]): ChainLink[] {
  let previousHash = GENESIS_HASH;
  return links.map((link, index) => {
    const moved = { ...link, seq: index + 1, previousHash };
    previousHash = linkHash(moved);
    return { ...moved, hash: previousHash };
  });
}

describe("verifyChain on an export from a real Postgres", () => {
  it("finds an untouched chain whole, and says how far a checkpoint vouches for it", async () => {
    const { links, checkpoints, lines } = await chainOfFive();
    expect(lines.map((line) => Object.keys(JSON.parse(line))[0])).toEqual([...Array(5).fill("event"), "checkpoint"]);
    expect(verifyChain(links, keyring, checkpoints)).toEqual({ isOk: true, faults: [], linkCount: 5, vouchedSeq: 4 });
  });

  it("names every event that was altered, deleted or moved", async () => {
    const { links, checkpoints } = await chainOfFive();
    const [a, b, c, d, e] = links as [ChainLink, ChainLink, ChainLink, ChainLink, ChainLink];
    const faults = (given: ChainLink[]) => verifyChain(given, keyring, checkpoints).faults;
    expect(faults([a, { ...b, actor: "U2" }, c, d, e])).toEqual(["Event 2 was altered."]);
    expect(faults([a, { ...b, content: { path: "x" } }, c, d, e])).toEqual(["Event 2 was altered."]);
    expect(faults([a, c, d, e])).toEqual(["Event 2 should follow event 1, and event 3 does."]);
    expect(faults([b, c, d, e])).toEqual(["Event 1 should follow event 0, and event 2 does."]);
    expect(faults([a, c, b, d, e])).toHaveLength(3);
    const forged = { ...b, actor: "U2" };
    const rehashed = { ...forged, hash: linkHash(forged) };
    expect(faults([a, rehashed, c, d, e])).toEqual(["Event 3 does not follow from event 2 as it stands here."]);
  });

  it("notices a chain that is cut off before a checkpoint, and can't after the last one", async () => {
    const { links, checkpoints } = await chainOfFive();
    const missing = "Event 4 is missing, and a signed checkpoint says that it was there.";
    expect(verifyChain(links.slice(0, 3), keyring, checkpoints).faults).toEqual([missing]);
    expect(verifyChain([], keyring, checkpoints).faults).toEqual([missing]);
    expect(verifyChain(links.slice(0, 4), keyring, checkpoints).isOk).toBe(true);
  });

  it("notices a chain that was made anew with right hashes", async () => {
    const { links, checkpoints } = await chainOfFive();
    const anew = rehash(links.map((link) => (link.seq === 2 ? { ...link, actor: "U2" } : link)));
    expect(verifyChain(anew, keyring, []).isOk).toBe(true); // why checkpoints exist
    expect(verifyChain(anew, keyring, checkpoints).faults).toEqual([
      "Event 4 is not the one that the signed checkpoint saw.",
    ]);
  });

  it("refuses checkpoints of unknown keys and altered ones, and does not count them", async () => {
    const { links, checkpoints } = await chainOfFive();
    const unknown = verifyChain(links, freshKeys().keyring, checkpoints);
    expect([unknown.isOk, unknown.vouchedSeq]).toEqual([false, 0]);
    const moved = checkpoints.map((checkpoint) => ({ ...checkpoint, seq: 5, hash: links[4]?.hash ?? "" }));
    expect(verifyChain(links, keyring, moved)).toMatchObject({ isOk: false, vouchedSeq: 0 });
  });
});

describe("signCheckpoint", () => {
  it("signs each end once", async () => {
    const { store } = await freshStore();
    expect(await signCheckpoint(store, signer, now)).toBeNull();
    await appendEvents(store, 2);
    expect(await signCheckpoint(store, signer, now)).toMatchObject({ seq: 2, keyId: signer.keyId });
    expect(await signCheckpoint(store, signer, now)).toBeNull();
    await appendEvents(store, 1);
    const both = await Promise.all([signCheckpoint(store, signer, now), signCheckpoint(store, signer, now)]);
    expect(both).toContainEqual(expect.objectContaining({ seq: 3 }));
    expect((await exported(store)).checkpoints.map(({ seq }) => seq)).toEqual([2, 3]);
  });

  it("does not sign a chain that somebody changed since the last checkpoint", async () => {
    const { store } = await chainOfFive();
    await sql`alter table audit_event disable trigger all`.execute(store);
    await sql`update audit_event set actor = 'U2' where seq = 5`.execute(store);
    await expect(signCheckpoint(store, signer, now)).rejects.toThrow(ChainBrokenError);
  });

  it("does not sign on top of a checkpoint whose event was replaced", async () => {
    const { store } = await chainOfFive();
    await sql`alter table audit_event disable trigger all`.execute(store);
    await sql`update audit_event set hash = 'forged' where seq = 4`.execute(store);
    await expect(signCheckpoint(store, signer, now)).rejects.toThrow("event 4 is not the one signed before");
  });
});

describe("exportChain", () => {
  it("exports more events than fit a page, each once and in order", async () => {
    const { store } = await freshStore();
    await store.transaction().execute((tx) => appendEvents(tx, 1_001));
    const { links, checkpoints } = await exported(store);
    expect(links.map(({ seq }) => seq)).toEqual(Array.from({ length: 1_001 }, (_, index) => index + 1));
    expect(verifyChain(links, keyring, checkpoints).isOk).toBe(true);
  });

  it.each([
    ["an empty text", ""],
    ["text that is not JSON", "hello\n"],
    ["other JSON", '{"event":{}}\n'],
  ])("does not read %s as an export", (_what, text) => {
    expect(parseExport(text)).toBeNull();
  });
});
