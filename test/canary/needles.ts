/** A planted value that must be nowhere. Its text is ASCII. */
export interface Canary {
  /** What it is, for the finding: never the value. */
  readonly name: string;
  readonly value: string;
}

export interface Leak {
  readonly canary: string;
  readonly encoding: string;
  /** Where in the text. */
  readonly at: number;
}

/** A piece this long is a leak: parsers quote ten characters to each side of what they could not read. */
const PIECE = 12;

type Encode = (value: string) => readonly string[];
const json = (value: string): string => JSON.stringify(value).slice(1, -1);
/** As Go writes it, and so Vault. */
const goJson = (value: string): string =>
  json(value).replace(/[<>&]/g, (sign) => `\\u00${sign.charCodeAt(0).toString(16)}`);
const html = (value: string): string =>
  value
    .replace(/&/g, "&amp;")
    .replace(/</g, "&lt;")
    .replace(/>/g, "&gt;")
    .replace(/"/g, "&quot;")
    .replace(/'/g, "&#39;");

/** base64 of the value where it stands at any place of a longer text: three forms, without their shared edges. */
function base64Forms(value: string): string[] {
  return [0, 1, 2].map((before) => {
    const bytes = Buffer.concat([Buffer.alloc(before), Buffer.from(value)]);
    const whole = bytes.subarray(0, bytes.length - (bytes.length % 3)).toString("base64");
    return whole.slice(before === 0 ? 0 : 4);
  });
}

const ENCODINGS: Readonly<Record<string, Encode>> = {
  raw: (value) => [value],
  "JSON-escaped": (value) => [
    json(value),
    json(json(value)),
    json(json(json(value))),
    goJson(value),
    json(goJson(value)),
  ],
  "URL-encoded": (value) => [encodeURIComponent(value), encodeURI(value), new URLSearchParams({ v: value }).toString()],
  "HTML-escaped": (value) => [html(value), value.replace(/[&<>]/g, (sign) => html(sign))],
  base64: (value) => [value, json(value)].flatMap(base64Forms).flatMap((text) => [text, urlSafe(text)]),
  hex: (value) => [Buffer.from(value).toString("hex"), Buffer.from(value).toString("hex").toUpperCase()],
  "UTF-16": (value) => [[...value].join("\0")],
};

const urlSafe = (base64: string): string => base64.replaceAll("+", "-").replaceAll("/", "_");

/** Looks for every piece of every canary, in every encoding. */
export function canaryNet(canaries: readonly Canary[]): { leaksIn(text: string): Leak[] } {
  const pieces = new Map<string, { canary: string; encoding: string }>();
  for (const { name, value } of canaries) {
    for (const [encoding, encode] of Object.entries(ENCODINGS)) {
      for (const form of encode(value)) {
        for (let at = 0; at + PIECE <= form.length; at += 1) {
          const piece = form.slice(at, at + PIECE);
          if (!pieces.has(piece)) pieces.set(piece, { canary: name, encoding });
        }
      }
    }
  }
  return {
    leaksIn(text) {
      const leaks = new Map<string, Leak>();
      for (let at = 0; at + PIECE <= text.length; at += 1) {
        const found = pieces.get(text.slice(at, at + PIECE));
        if (found && !leaks.has(found.canary)) leaks.set(found.canary, { ...found, at });
      }
      return [...leaks.values()];
    },
  };
}

/** What credentials look like that no test can know beforehand: Vault's tokens, and private keys. */
const CREDENTIAL_FORMS: Readonly<Record<string, RegExp>> = {
  "a Vault token": /\bhv[sbr]\.[A-Za-z0-9_-]{20,}/,
  "a private key": /-----BEGIN [A-Z ]*PRIVATE KEY/,
};

export function credentialsIn(text: string): string[] {
  return Object.entries(CREDENTIAL_FORMS).flatMap(([what, form]) => (form.test(text) ? [what] : []));
}
