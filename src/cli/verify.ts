import { readFileSync } from "node:fs";
import { parseExport } from "../audit/export-chain.ts";
import { type Keyring, keyringFromPems } from "../audit/signing.ts";
import { verifyChain } from "../audit/verify-chain.ts";
import { parseReceipt } from "../migration/receipt.ts";
import { verifyReceipt } from "../migration/verify-receipt.ts";

export interface VerifyKeyFiles {
  /** Public keys of the workers: RECEIPT_PUBLIC_KEY_FILES. */
  readonly receipts: readonly string[];
  /** Public keys of the bots: APPROVAL_PUBLIC_KEY_FILES. */
  readonly approvals: readonly string[];
}

export interface VerifyReport {
  readonly ok: boolean;
  /** Each begins with "OK" or "NOT OK"; the last one is the verdict. */
  readonly lines: readonly string[];
}

/** What can't even be begun: a file that is missing or is no key. */
class UnreadableFileError extends Error {}

/**
 * Checks a saved receipt with nothing but public keys: no network, no database.
 * @param exportFile An export of the audit chain (`glovebox export`); given, the receipt must stand in it.
 */
export function verifyReceiptFile(file: string, keyFiles: VerifyKeyFiles, exportFile?: string): VerifyReport {
  return reportOn(file, () => {
    const text = readText(file);
    const receipts = readKeyring(keyFiles.receipts);
    const approvals = readKeyring(keyFiles.approvals);
    const chain = exportFile === undefined ? undefined : readChain(exportFile, receipts);
    const { isOk, checks } = verifyReceipt(text, { receipts, approvals }, chain?.links);
    const receipt = parseReceipt(text)?.receipt;
    const about =
      receipt &&
      `${receipt.requestId}: ${receipt.source.mount}/${receipt.source.path} to ${receipt.targets.map(({ arn }) => arn).join(", ")}`;
    const chainLines = chain?.lines ?? [];
    return {
      isOk: isOk && (chain?.isOk ?? true),
      lines: [...chainLines, ...checks.map((check) => line(check.isOk, check.text))],
      verdict: about ?? file,
    };
  });
}

/** Checks an export of the audit chain. Its checkpoints are signed by the workers' keys. */
export function verifyExportFile(file: string, keyFiles: Pick<VerifyKeyFiles, "receipts">): VerifyReport {
  return reportOn(file, () => {
    const { isOk, lines } = readChain(file, readKeyring(keyFiles.receipts));
    return { isOk, lines, verdict: file };
  });
}

function reportOn(file: string, judge: () => { isOk: boolean; lines: string[]; verdict: string }): VerifyReport {
  try {
    const { isOk, lines, verdict } = judge();
    return { ok: isOk, lines: [...lines, line(isOk, verdict)] };
  } catch (error) {
    if (!(error instanceof UnreadableFileError)) throw error;
    return { ok: false, lines: [line(false, error.message), line(false, file)] };
  }
}

function readChain(file: string, keyring: Keyring) {
  const chain = parseExport(readText(file));
  if (chain === null) throw new UnreadableFileError(`${file} is no export of an audit chain.`);
  const { isOk, faults, linkCount, vouchedSeq } = verifyChain(chain.links, keyring, chain.checkpoints);
  const reach =
    vouchedSeq === 0
      ? "no signed checkpoint vouches for them, so a cut-off end or a chain made anew would not be noticed"
      : `a signed checkpoint vouches for the first ${vouchedSeq}`;
  const summary = line(isOk, `The audit chain has ${linkCount} events; ${reach}`);
  return { isOk, links: chain.links, lines: [...faults.map((fault) => line(false, fault)), summary] };
}

function readKeyring(files: readonly string[]): Keyring {
  if (files.length === 0) {
    throw new UnreadableFileError(
      "A public key is missing: give RECEIPT_PUBLIC_KEY_FILES and APPROVAL_PUBLIC_KEY_FILES.",
    );
  }
  const rings = files.map((file) => {
    const pem = readText(file);
    try {
      return keyringFromPems([pem]);
    } catch {
      throw new UnreadableFileError(`${file} is not a public key in PEM form.`);
    }
  });
  return new Map(rings.flatMap((ring) => [...ring]));
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    throw new UnreadableFileError(`${file}: there is no such file, or it can't be read.`);
  }
}

/** A forged receipt may hold anything: control characters must not reach the auditor's terminal. */
function line(isOk: boolean, text: string): string {
  return `${isOk ? "OK" : "NOT OK"} ${text.replace(/\p{Cc}/gu, "?")}`;
}
