/** What we ask people about a secret, in the order of the form. */
export const FIELDS = ["purpose", "ownerTeam", "application", "environment", "classification", "rotation"] as const;
export type Field = (typeof FIELDS)[number];

type SuggestionSource = "rules" | "neighbours" | "llm" | "vault-metadata";

/** A value that somebody may confirm. It is never a fact by itself. */
export interface Suggestion {
  readonly field: Field;
  readonly value: string;
  readonly source: SuggestionSource;
  /** Why, in words for people: "`prod` in the path". */
  readonly evidence: string;
  /** 0 to 1. Not measured yet: good for ranking, not for promises. */
  readonly confidence: number;
}

/** Closed lists from `glovebox.yaml`; a field that is not in it takes free text. */
export type FieldOptions = Partial<Record<Field, readonly string[]>>;

/** All that rules and models may look at: names, never a value. */
export interface NamedSecret {
  readonly mount: string;
  /** `kv-v1`, `kv-v2`, or another engine's name. */
  readonly engine: string;
  /** Below the mount. */
  readonly path: string;
  /** Empty: not known. */
  readonly keyNames: readonly string[];
  readonly customMetadata: Readonly<Record<string, string>>;
}

/** One rule's answer, before it is known for which field it was asked. */
export type Answer = Pick<Suggestion, "value" | "evidence" | "confidence">;
/** A question that names can answer; null: they do not say. */
export type Rule = (secret: NamedSecret) => Answer | null;
