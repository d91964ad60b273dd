import { NotBase64Error } from "./value-errors.ts";

const STANDARD = /^[A-Za-z0-9+/]*={0,2}$/;
const URL_SAFE = /^[A-Za-z0-9_-]*={0,2}$/;

/**
 * Reads strict base64: the standard alphabet with its padding, or the URL alphabet, whose padding may be left out (RFC 4648
 * 4 and 5). Blanks, line ends, both alphabets in one text, wrong padding and stray last bits are refused: Node would pass
 * over all of them and store other bytes than somebody meant.
 * @returns The bytes in standard base64. @throws {NotBase64Error} It quotes nothing.
 */
export function canonicalBase64(text: string): string {
  const isStandard = STANDARD.test(text);
  if (!isStandard && !URL_SAFE.test(text)) throw new NotBase64Error();
  const bare = text.replaceAll("-", "+").replaceAll("_", "/").replace(/=+$/, "");
  const padded = bare.padEnd(Math.ceil(bare.length / 4) * 4, "=");
  const isPadded = text.length === padded.length;
  const mayLackPadding = !isStandard && text.length === bare.length;
  const isCanonical = Buffer.from(padded, "base64").toString("base64") === padded;
  if (!isCanonical || !(isPadded || mayLackPadding)) throw new NotBase64Error();
  return padded;
}
