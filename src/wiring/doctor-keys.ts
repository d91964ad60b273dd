import { statSync } from "node:fs";
import { type KeyUse, readKeyUses } from "../approvals/key-uses.ts";
import type { Config } from "../config.ts";
import { openStore } from "../store/open-store.ts";
import type { Finding } from "./finding.ts";
import { readDigestKey, readKeyring, readSigner } from "./read-keys.ts";

/** Can the keys be read, by us alone, and do bot and worker know each other's? */
export async function checkKeys({ common, bot, worker }: Config): Promise<Finding[]> {
  const files: [string, string][] = [
    ...(bot ? [["APPROVAL_KEY_FILE", bot.APPROVAL_KEY_FILE] as [string, string]] : []),
    ...(worker
      ? ([
          ["RECEIPT_KEY_FILE", worker.RECEIPT_KEY_FILE],
          ["DIGEST_KEY_FILE", worker.DIGEST_KEY_FILE],
        ] as [string, string][])
      : []),
  ];
  const store = openStore(common.DATABASE_URL.reveal(), () => {}, 1);
  try {
    const uses = await readKeyUses(store);
    const wrong = [...files.flatMap(openFile), ...botFaults(bot, uses), ...workerFaults(worker, uses, bot)];
    if (wrong.length > 0) return wrong.map((text) => ({ ok: false, text }));
    return [
      { ok: true, text: "the keys can be read, by their owner alone, and everything open is signed by known ones" },
    ];
  } finally {
    await store.destroy();
  }
}

/** A private key that others on the host can read is theirs too. */
function openFile([variable, file]: [string, string]): string[] {
  const mode = statSync(file).mode & 0o777;
  return (mode & 0o077) === 0
    ? []
    : [`${variable}: ${file} has mode ${mode.toString(8)}, so others on this host can read it: chmod 600`];
}

function botFaults(bot: Config["bot"], uses: readonly KeyUse[]): string[] {
  if (!bot) return [];
  readSigner("APPROVAL_KEY_FILE", bot.APPROVAL_KEY_FILE);
  const receipts = readKeyring("RECEIPT_PUBLIC_KEY_FILES", bot.RECEIPT_PUBLIC_KEY_FILES);
  return uses
    .filter(({ kind, keyId }) => kind === "receipt" && !receipts.has(keyId))
    .map(
      ({ keyId, finished }) => `RECEIPT_PUBLIC_KEY_FILES lacks key ${keyId}, by which ${finished} receipts are signed`,
    );
}

function workerFaults(worker: Config["worker"], uses: readonly KeyUse[], bot: Config["bot"]): string[] {
  if (!worker) return [];
  readSigner("RECEIPT_KEY_FILE", worker.RECEIPT_KEY_FILE);
  const digest = readDigestKey(worker.DIGEST_KEY_FILE);
  const trusted = readKeyring("APPROVAL_PUBLIC_KEY_FILES", worker.APPROVAL_PUBLIC_KEY_FILES);
  const own = bot ? readSigner("APPROVAL_KEY_FILE", bot.APPROVAL_KEY_FILE).keyId : null;
  return [
    ...(own === null || trusted.has(own)
      ? []
      : ["the worker does not trust this bot's key: APPROVAL_PUBLIC_KEY_FILES lacks it"]),
    ...uses
      .filter(({ kind, keyId, open }) => kind === "approval" && open > 0 && !trusted.has(keyId))
      .map(
        ({ keyId, open }) =>
          `APPROVAL_PUBLIC_KEY_FILES lacks key ${keyId}, by which ${open} open requests or orders are signed: they will be refused`,
      ),
    ...uses
      .filter(({ kind, keyId, open }) => kind === "digest" && open > 0 && keyId !== digest.id)
      .map(({ keyId, open }) => `DIGEST_KEY_FILE is not key ${keyId}, with which ${open} moves under way were begun`),
  ];
}
