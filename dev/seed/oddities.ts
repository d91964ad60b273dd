import type { Random } from "./random.ts";

export interface Place {
  mount: string;
  path: string;
}
interface Oddity extends Place {
  /** JSON text of each version, oldest first: text, because JavaScript would round the numbers. */
  versions(random: Random): string[];
  isCurrentDeleted?: true;
}

const at = (mount: string, path: string, versions: Oddity["versions"]): Oddity => ({ mount, path, versions });
const one = (key: string) => (random: Random) => [JSON.stringify({ [key]: random.secret(24) })];
const LARGE_BYTES = 70 * 1024;

/** What real estates hold and programs trip over, each at a place of its own. Issue 3 and facts on KV list them. */
const PLANTED_ODDITIES = {
  nestedJson: at("secret", "odd/nested-json", (random) => [
    JSON.stringify({
      db: { user: "svc", password: random.secret(24), hosts: ["a", "b"] },
      tls: { verify: true, key: null },
    }),
  ]),
  /** KV v1 keeps every digit; KV v2 rounds above 2^53 when it stores. */
  longNumber: at("kv", "odd/long-number", (random) => [
    `{"account":98765432109876543210,"rate":0.10,"pin":${JSON.stringify(random.secret(12))}}`,
  ]),
  roundedNumber: at("secret", "odd/rounded-number", () => ['{"account":98765432109876543210}']),
  binary: at("secret", "odd/binary-base64", (random) => [JSON.stringify({ "keystore.jks": random.base64(512) })]),
  unicodeName: at("secret", "odd/Zürich Überweisung 鍵", one("password")),
  trailingBlank: at("secret", "odd/looks plain ", one("password")),
  empty: at("secret", "odd/empty", () => ["{}"]),
  deletedCurrent: { ...at("secret", "odd/deleted-current", one("password")), isCurrentDeleted: true },
  tooLarge: at("secret", "odd/seventy-kilobytes", (random) => [JSON.stringify({ dump: random.secret(LARGE_BYTES) })]),
  starName: at("secret", "odd/wild*", one("password")),
  plusName: at("secret", "odd/+/region", one("password")),
  nfcName: at("secret", "odd/caf\u00e9", one("password")),
  nfdName: at("secret", "odd/cafe\u0301", one("password")),
  upperTwin: at("secret", "odd/Ledger", one("password")),
  lowerTwin: at("secret", "odd/ledger", one("password")),
  markupName: at("secret", "odd/R&D <prod>", one("password")),
  manyVersions: at("secret", "odd/seven-versions", (random) =>
    Array.from({ length: 7 }, () => JSON.stringify({ password: random.secret(24) })),
  ),
} as const satisfies Record<string, Oddity>;

export type OddityName = keyof typeof PLANTED_ODDITIES;
export const oddities: readonly Oddity[] = Object.values(PLANTED_ODDITIES);

/** Where each oddity lies. */
export const ODDITIES: Readonly<Record<OddityName, Place>> = PLANTED_ODDITIES;
