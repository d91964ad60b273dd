import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { ed25519Pair, writePrivate, writePublic } from "./keys.ts";

export const ROTATED = ["approval", "receipt", "digest", "operator"] as const;
export type Rotated = (typeof ROTATED)[number];

export class NoKeyError extends Error {
  constructor(kind: Rotated, folder: string) {
    super(
      `${folder} holds no ${kind}.key to follow, so nothing was written. Name the folder that \`glovebox keys\` made.`,
    );
  }
}

interface NewFiles {
  readonly key: string;
  readonly pub: string;
}

/**
 * Makes the next key of a kind beside the one in use, which stays as it is: `approval-2.key`.
 * @throws {NoKeyError}
 * @returns What to print: the steps in their order, so that both keys count while the old one runs out.
 */
export function rotateKey(kind: Rotated, folder: string): readonly string[] {
  if (!existsSync(join(folder, `${kind}.key`))) throw new NoKeyError(kind, folder);
  const files = nextFiles(kind, folder);
  if (kind === "digest") writePrivate(files.key, `${randomBytes(32).toString("base64")}\n`);
  else {
    const { privatePem, publicPem } = ed25519Pair();
    writePrivate(files.key, privatePem);
    writePublic(files.pub, publicPem);
  }
  return STEPS[kind](files, folder);
}

/** The first number that neither half has: no file is ever overwritten. */
function nextFiles(kind: Rotated, folder: string): NewFiles {
  for (let number = 2; ; number += 1) {
    const [key, pub] = [join(folder, `${kind}-${number}.key`), join(folder, `${kind}-${number}.pub`)];
    if (!existsSync(key) && !existsSync(pub)) return { key, pub };
  }
}

const STEPS: Readonly<Record<Rotated, (files: NewFiles, folder: string) => readonly string[]>> = {
  approval: ({ key, pub }, folder) => [
    `${key} and ${pub} are made. In this order, each step with a restart:`,
    `1. worker: APPROVAL_PUBLIC_KEY_FILES=${join(folder, "approval.pub")},${pub}   (both count)`,
    `2. bot:    APPROVAL_KEY_FILE=${key}   APPROVAL_PUBLIC_KEY_FILES=${join(folder, "approval.pub")}   (the new one signs)`,
    "3. wait until `glovebox keys used` says that nothing open rests on the old key (approvals run out by themselves)",
    `4. worker: APPROVAL_PUBLIC_KEY_FILES=${pub}   bot: without APPROVAL_PUBLIC_KEY_FILES   (the old one is dropped)`,
    "Keep the old public key: old receipts are verified with it. Destroy the old private key.",
    "If the old key was lost or stolen, skip 3: nothing that it signed moves then until `glovebox keys re-sign`.",
  ],
  receipt: ({ key, pub }, folder) => [
    `${key} and ${pub} are made. In this order, each step with a restart:`,
    `1. bot and auditors: RECEIPT_PUBLIC_KEY_FILES=${join(folder, "receipt.pub")},${pub}   (both count)`,
    `2. worker: RECEIPT_KEY_FILE=${key}   RECEIPT_PUBLIC_KEY_FILES=${join(folder, "receipt.pub")}   (what is finished can still be undone)`,
    "Keep the old public key in every list for as long as its receipts count. Destroy the old private key.",
  ],
  operator: ({ key, pub }, folder) => [
    `${key} and ${pub} are made. In this order, each step with a restart:`,
    `1. bot and worker: OPERATOR_PUBLIC_KEY_FILES=${join(folder, "operator.pub")},${pub}   (both count)`,
    `2. operators: OPERATOR_KEY_FILE=${key}`,
    `3. once what the old one allowed has moved: OPERATOR_PUBLIC_KEY_FILES=${pub}. Destroy the old private key.`,
    "If the old one was stolen, skip 1 and 2 for it: what it allowed and has not moved is then not allowed any more.",
  ],
  digest: ({ key }) => [
    `${key} is made.`,
    "1. `glovebox pause --reason ...` and wait until `glovebox keys used` says that no move is under way",
    `2. worker: DIGEST_KEY_FILE=${key}, restart, then \`glovebox resume --reason ...\``,
    "A move that was cut off under the old key is taken back and can be retried. The old key is not needed any more.",
  ],
};
