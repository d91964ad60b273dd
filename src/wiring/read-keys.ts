import { readFileSync } from "node:fs";
import { type Keyring, keyringFromPems, type Signer, signerFromPem } from "../audit/signing.ts";
import { BadConfigError, type CommonConfig } from "../config.ts";
import { type DigestKey, digestKeyFromFile } from "../migration/value-digest.ts";

/** @throws {BadConfigError} Names the variable and the file, never what is in it. */
export function readSigner(variable: string, file: string): Signer {
  return read(variable, file, signerFromPem);
}

/** @throws {BadConfigError} */
export function readKeyring(variable: string, files: readonly string[]): Keyring {
  const pems = files.map((file) => read(variable, file, (pem) => pem));
  try {
    return keyringFromPems(pems);
  } catch {
    throw new BadConfigError([
      `${variable} names a file that holds no Ed25519 public key. Make keys with \`glovebox keys\`.`,
    ]);
  }
}

/** What a process trusts of its own kind: its own key, and those that it is told still count. @throws {BadConfigError} */
export function readOwnKeyring(variable: string, signer: Signer, files: readonly string[] = []): Keyring {
  return new Map([...signer.keyring, ...readKeyring(variable, files)]);
}

/** @throws {BadConfigError} */
export function readOperatorKeys({ OPERATOR_PUBLIC_KEY_FILES: files }: CommonConfig): Keyring {
  return readKeyring("OPERATOR_PUBLIC_KEY_FILES", files ?? []);
}

/** @throws {BadConfigError} */
export function readDigestKey(file: string): DigestKey {
  try {
    return digestKeyFromFile(file);
  } catch (error) {
    throw new BadConfigError([`DIGEST_KEY_FILE: ${error instanceof Error ? error.message : "is not a digest key"}`]);
  }
}

function read<T>(variable: string, file: string, parse: (text: string) => T): T {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    throw new BadConfigError([`${variable} names ${file}, which can't be read. Make keys with \`glovebox keys\`.`]);
  }
  try {
    return parse(text);
  } catch {
    throw new BadConfigError([`${variable} names ${file}, which holds no such key. Make keys with \`glovebox keys\`.`]);
  }
}
