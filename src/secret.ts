import { timingSafeEqual } from "node:crypto";
import { inspect } from "node:util";

/** A value that can be moved but not shown: templates, JSON and console.log all give "[redacted]". */
export class Secret {
  readonly #value: string;
  constructor(value: string) {
    this.#value = value;
  }
  /** The only way out: call it on the line that hands the value to Vault, AWS or a digest, nowhere else. */
  reveal(): string {
    return this.#value;
  }
  /** Compares the UTF-8 bytes in constant time for values of equal length. */
  equals(other: Secret): boolean {
    const [a, b] = [Buffer.from(this.#value), Buffer.from(other.#value)];
    return a.length === b.length && timingSafeEqual(a, b);
  }
  /** The size that AWS counts: UTF-8 bytes. */
  get sizeBytes(): number {
    return Buffer.byteLength(this.#value);
  }
  toString(): string {
    return "[redacted]";
  }
  toJSON(): string {
    return "[redacted]";
  }
  [inspect.custom](): string {
    return "[redacted]";
  }
}
