import { GloveboxError } from "../errors.ts";

/** One secret in Vault. `mount` and `path` have no slash at either end; `namespace` is "" for the root. */
export interface SecretPath {
  readonly namespace: string;
  readonly mount: string;
  readonly path: string;
}

export class UnsafePathError extends GloveboxError {
  readonly code = "UNSAFE_PATH";
  readonly userMessage =
    "That path has an empty, `.` or `..` part or a control character, so I did not look it up. Check its spelling.";
  constructor() {
    super("path has an empty, dot or control-character segment");
  }
}

/** The form that people read and type: `mount/path`, with the namespace in front where there is one. */
export function formatPath({ namespace, mount, path }: SecretPath): string {
  return [namespace, mount, path].filter((part) => part !== "").join("/");
}

/**
 * Refuses what Vault would redirect to another path: empty, `.` and `..` segments, and control characters.
 * @throws {UnsafePathError}
 * @see facts: Vault answers `//`, `/./` and `/../` with a 307 to the cleaned path, so a client could read another secret.
 */
export function assertSafePath(path: string): void {
  if (CONTROL_CHARACTER.test(path) || DOT_SEGMENT.test(path)) throw new UnsafePathError();
}

const CONTROL_CHARACTER = /\p{Cc}/u;
/** Or an empty one. */
const DOT_SEGMENT = /(?:^|\/)\.{0,2}(?:\/|$)/;

/** Encodes a path for Vault's URL, segment by segment. @throws {UnsafePathError} */
export function encodePath(path: string): string {
  assertSafePath(path);
  return path.split("/").map(encodeURIComponent).join("/");
}
