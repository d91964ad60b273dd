import { type Random, seededRandom } from "../../dev/seed/random.ts";
import { type Canary, canaryNet } from "../canary/needles.ts";

/** Values that are nowhere else in the world, and a net that finds any piece of one in any usual encoding. */
export interface Planted {
  /** A secret's JSON text with every kind of value in it. */
  document(name: string): string;
  text(name: string): string;
  net(): ReturnType<typeof canaryNet>;
}

export function plantedValues(seed: number): Planted {
  const random: Random = seededRandom(seed ^ 0x5eed);
  const canaries: Canary[] = [];
  const plant = (name: string, value: string): string => {
    canaries.push({ name, value });
    return value;
  };
  return {
    document: (name) => {
      const password = plant(`${name} (password)`, `${random.secret(14)}"\\<&%${random.secret(14)}`);
      const nested = plant(`${name} (nested)`, random.secret(20));
      const file = plant(`${name} (file)`, random.secret(20));
      const bytes = Buffer.concat([Buffer.from(file), Buffer.from([0xff, 0, 0x80])]); // no text in any encoding
      return JSON.stringify({
        ...{ username: "svc", password, pool: { size: 7, key: nested } },
        file: bytes.toString("base64"),
      });
    },
    text: (name) => plant(name, random.secret(24)),
    net: () => canaryNet(canaries),
  };
}
