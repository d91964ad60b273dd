import { generateKeyPairSync, randomBytes } from "node:crypto";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export class KeysExistError extends Error {}

export interface CreatedKeys {
  /** The files that were written. */
  readonly files: readonly string[];
  /** What to print: which file goes where. */
  readonly lines: readonly string[];
}

const FILES = {
  approvalKey: "approval.key",
  approvalPublic: "approval.pub",
  receiptKey: "receipt.key",
  receiptPublic: "receipt.pub",
  digestKey: "digest.key",
  operatorKey: "operator.key",
  operatorPublic: "operator.pub",
} as const;

/**
 * Makes the keys of an installation in `folder`: the bot's for approvals, the worker's for receipts and an
 * operator's own (Ed25519, PKCS #8 PEM), and the worker's digest key (32 random bytes, base64). Private files can be read by their owner alone.
 * @throws {KeysExistError} Some are there already. Nothing is written then: a lost key makes old proofs worthless.
 */
export function createKeys(folder: string): CreatedKeys {
  const path = (name: keyof typeof FILES): string => join(folder, FILES[name]);
  const present = Object.values(FILES).filter((name) => existsSync(join(folder, name)));
  if (present.length > 0) {
    throw new KeysExistError(
      `${folder} already holds ${present.join(", ")}, so nothing was written. Give another folder, or move those away first; keep the old public keys, old receipts need them.`,
    );
  }
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const approval = ed25519Pair();
  const receipt = ed25519Pair();
  const operator = ed25519Pair();
  writePrivate(path("approvalKey"), approval.privatePem);
  writePublic(path("approvalPublic"), approval.publicPem);
  writePrivate(path("receiptKey"), receipt.privatePem);
  writePublic(path("receiptPublic"), receipt.publicPem);
  writePrivate(path("digestKey"), `${randomBytes(32).toString("base64")}\n`);
  writePrivate(path("operatorKey"), operator.privatePem);
  writePublic(path("operatorPublic"), operator.publicPem);
  return {
    files: Object.values(FILES).map((name) => join(folder, name)),
    lines: [
      `Keys are in ${folder}. Give each process its own and no other:`,
      "bot:",
      `  APPROVAL_KEY_FILE=${path("approvalKey")}`,
      `  RECEIPT_PUBLIC_KEY_FILES=${path("receiptPublic")}`,
      "worker:",
      `  APPROVAL_PUBLIC_KEY_FILES=${path("approvalPublic")}`,
      `  RECEIPT_KEY_FILE=${path("receiptKey")}`,
      `  DIGEST_KEY_FILE=${path("digestKey")}`,
      "bot and worker:",
      `  OPERATOR_PUBLIC_KEY_FILES=${path("operatorPublic")}`,
      "operators, on neither's host:",
      `  OPERATOR_KEY_FILE=${path("operatorKey")}`,
      "auditors (`glovebox verify`):",
      `  APPROVAL_PUBLIC_KEY_FILES=${path("approvalPublic")}`,
      `  RECEIPT_PUBLIC_KEY_FILES=${path("receiptPublic")}`,
      "A process that holds both approval.key and receipt.key can approve and move alone.",
    ],
  };
}

export function ed25519Pair(): { privatePem: string; publicPem: string } {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519", {
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
    publicKeyEncoding: { type: "spki", format: "pem" },
  });
  return { privatePem: privateKey, publicPem: publicKey };
}

/** "wx": never over a file that appeared since we looked. */
export function writePrivate(file: string, text: string): void {
  writeFileSync(file, text, { mode: 0o600, flag: "wx" });
}

export function writePublic(file: string, text: string): void {
  writeFileSync(file, text, { mode: 0o644, flag: "wx" });
}
