import { randomBytes } from "node:crypto";
import type { Canary } from "./needles.ts";

/** A secret made for the canary test: its JSON text, as digits must not be rounded on the way. */
export interface PlantedSecret {
  /** `secret/canary/plain`; mounts beginning with `kv` are KV v1. */
  readonly path: string;
  readonly json: string;
  readonly canaries: readonly Canary[];
  /** Written before it: an older version. */
  readonly earlierJson?: string;
}

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const letters = (count: number): string => [...randomBytes(count)].map((byte) => LETTERS[byte % 62]).join("");
const digits = (count: number): string => `9${[...randomBytes(count - 1)].map((byte) => byte % 10).join("")}`;
/** Everything that JSON, URLs, HTML, Slack, shells, SQL and templates escape, with random letters between. */
const awkward = (): string => {
  const signs = ['"', "\\", "<", "&", ">", "'", "%", "+", "/", "\n", "\t", "`", "$", "{", "}", "*", "|", "?", "#", ";"];
  return `${letters(16)}${signs.map((sign) => sign + letters(3)).join("")}${letters(16)}`;
};

/** One secret with one plain value: enough to see whether that way of failing lets a value out. */
export function plainSecret(path: string): PlantedSecret {
  const value = letters(28);
  return secretOf(path, { password: value }, [{ name: path, value }]);
}

/** Values of every kind that this engine can hold. */
export function richSecret(path: string): PlantedSecret {
  const kinds = {
    plain: letters(28),
    awkward: awkward(),
    nested: letters(28),
    listed: awkward(),
    base64: randomBytes(48).toString("base64"),
    long: letters(8_000),
    pem: `-----BEGIN PRACTICE KEY-----\n${randomBytes(48).toString("base64")}\n-----END PRACTICE KEY-----\n`,
  };
  const number = digits(20);
  const { nested, listed, ...flat } = kinds;
  const text = JSON.stringify({ ...flat, tree: { branch: [{ nested }, [listed]] } });
  const canaries = Object.entries({ ...kinds, number }).map(([kind, value]) => ({ name: `${path} (${kind})`, value }));
  return { path, json: `${text.slice(0, -1)},"number":${number}}`, canaries: canaries.map(withoutFrame) };
}

/** Two values for two parts, or for one part and nothing else. */
export function pairSecret(path: string): PlantedSecret {
  const [username, password] = [letters(28), letters(28)];
  const canaries = Object.entries({ username, password }).map(([key, value]) => ({ name: `${path} (${key})`, value }));
  return secretOf(path, { username, password }, canaries);
}

/** A key whose text is base64: needles are the text's forms and what it decodes to. */
export function encodedSecret(path: string): PlantedSecret {
  const value = letters(40);
  return secretOf(path, { blob: Buffer.from(value).toString("base64") }, [{ name: path, value }]);
}

/** A value of today and one of yesterday. */
export function agedSecret(path: string): PlantedSecret {
  const { canaries, json } = plainSecret(path);
  const earlier = letters(28);
  return {
    ...{ path, json, earlierJson: JSON.stringify({ password: earlier }) },
    canaries: [...canaries, { name: `${path} (older)`, value: earlier }],
  };
}

/** What somebody else keeps in AWS: a value, a pasted credential where a key's name belongs, and one in a tag. */
export function foreignDocument(): { json: string; tag: string; canaries: readonly Canary[]; tagCanary: Canary } {
  const [value, name, tag] = [letters(28), letters(36), letters(36)];
  return {
    json: JSON.stringify({ password: value, [`ghp_${name}`]: "x" }),
    tag: `ghp_${tag}`,
    canaries: [
      { name: "somebody else's value", value },
      { name: "somebody else's key name", value: name },
    ],
    tagCanary: { name: "somebody else's tag", value: tag },
  };
}

/** Somebody else's value that is no JSON object. */
export const foreignText = (): Canary => ({ name: "somebody else's text", value: letters(40) });

/** 70 KB of one value again and again, so that any piece of it is found. */
export function oversizedSecret(path: string): PlantedSecret {
  const value = letters(28);
  return secretOf(path, { dump: value.repeat(2_560) }, [{ name: path, value: value.repeat(3) }]);
}

/** A PEM's first and last line are no secret. */
function withoutFrame({ name, value }: Canary): Canary {
  return { name, value: value.replace(/-----(BEGIN|END) PRACTICE KEY-----\n/g, "") };
}

function secretOf(path: string, data: object, canaries: readonly Canary[]): PlantedSecret {
  return { path, json: JSON.stringify(data), canaries };
}

export type VaultCall = (method: string, path: string, body?: string) => Promise<Response>;

/** Writes a planted secret as an operator would. */
export async function plant(call: VaultCall, { path, json }: PlantedSecret): Promise<void> {
  const [mount = "", ...rest] = path.split("/");
  const isVersioned = mount !== "kv";
  const where = isVersioned ? `${mount}/data/${rest.join("/")}` : path;
  const answer = await call("POST", where, isVersioned ? `{"data":${json}}` : json);
  if (!answer.ok) throw new Error(`Vault did not take ${path}: ${answer.status}`);
}
