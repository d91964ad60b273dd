/** Only what is looked at. What was read or written is not even named here, but for the two marks of a refusal. */
export interface AuditLine {
  readonly type?: unknown;
  readonly time?: unknown;
  readonly error?: unknown;
  readonly auth?: {
    readonly entity_id?: unknown;
    readonly display_name?: unknown;
    readonly metadata?: Readonly<Record<string, unknown>> | null;
  } | null;
  readonly request?: {
    readonly operation?: unknown;
    readonly path?: unknown;
    readonly mount_point?: unknown;
    readonly mount_type?: unknown;
    readonly mount_accessor?: unknown;
    readonly namespace?: { readonly path?: unknown } | null;
    readonly remote_address?: unknown;
  } | null;
  readonly response?: {
    readonly data?: Readonly<Record<string, unknown>> | null;
    readonly wrap_info?: unknown;
    readonly mount_accessor?: unknown;
  } | null;
}

/** @returns null: it can't be read. The parser's own words are not kept, for they quote the line. */
export function parseLine(text: string): AuditLine | null {
  try {
    // An audit device may put a prefix before each line.
    const line: unknown = JSON.parse(text.startsWith("{") ? text : text.slice(Math.max(0, text.indexOf("{"))));
    return typeof line === "object" && line !== null ? (line as AuditLine) : null;
  } catch {
    return null;
  }
}
