import type { Random } from "./random.ts";
import type { SeedLane } from "./seed-lanes.ts";

export interface Place {
  mount: string;
  path: string;
}
interface Oddity extends Place {
  /** JSON text of each version, oldest first: text, because JavaScript would round the numbers. */
  versions(random: Random): string[];
  isCurrentDeleted?: true;
  /** A type of the classifier's list; unknown where absent. */
  type?: string;
  /** Standard where absent. */
  lane?: SeedLane;
}

const at = (mount: string, path: string, versions: Oddity["versions"]): Oddity => ({ mount, path, versions });
const complex = (oddity: Oddity): Oddity => ({ ...oddity, lane: "complex" });
const login = (path: string): Oddity => ({
  ...at("secret", path, (random) => [JSON.stringify({ password: random.secret(24) })]),
  type: "generic-password",
});
const LARGE_BYTES = 70 * 1024;

/** What real estates hold and programs trip over, each at a place of its own. Issue 3 and facts on KV list them. */
const PLANTED_ODDITIES = {
  nestedJson: {
    ...complex(
      at("secret", "odd/nested-json", (random) => [
        JSON.stringify({
          db: { user: "svc", password: random.secret(24), hosts: ["a", "b"] },
          tls: { verify: true, key: null },
        }),
      ]),
    ),
    type: "mixed-bundle",
  },
  /** KV v1 keeps every digit; KV v2 rounds above 2^53 when it stores. */
  longNumber: at("kv", "odd/long-number", (random) => [
    `{"account":98765432109876543210,"rate":0.10,"pin":${JSON.stringify(random.secret(12))}}`,
  ]),
  roundedNumber: at("secret", "odd/rounded-number", () => ['{"account":98765432109876543210}']),
  binary: {
    ...complex(at("secret", "odd/binary-base64", (random) => [JSON.stringify({ "keystore.jks": random.base64(512) })])),
    type: "tls-certificate",
  },
  unicodeName: login("odd/Zürich Überweisung 鍵"),
  trailingBlank: login("odd/looks plain "),
  empty: at("secret", "odd/empty", () => ["{}"]),
  deletedCurrent: { ...login("odd/deleted-current"), isCurrentDeleted: true },
  tooLarge: complex(
    at("secret", "odd/seventy-kilobytes", (random) => [JSON.stringify({ dump: random.secret(LARGE_BYTES) })]),
  ),
  starName: complex(login("odd/wild*")),
  plusName: complex(login("odd/+/region")),
  nfcName: login("odd/caf\u00e9"),
  nfdName: login("odd/cafe\u0301"),
  upperTwin: login("odd/Ledger"),
  lowerTwin: login("odd/ledger"),
  markupName: login("odd/R&D <prod>"),
  manyVersions: {
    ...at("secret", "odd/seven-versions", (random) =>
      Array.from({ length: 7 }, () => JSON.stringify({ password: random.secret(24) })),
    ),
    type: "generic-password",
  },
} as const satisfies Record<string, Oddity>;

export type OddityName = keyof typeof PLANTED_ODDITIES;
export const oddities: readonly Oddity[] = Object.values(PLANTED_ODDITIES);

/** Where each oddity lies. */
export const ODDITIES: Readonly<Record<OddityName, Place>> = PLANTED_ODDITIES;
