/** Each reason in a few words, for tables; a row's own text says more. For a person to decide: the question. */
export const REASON_WORDS = {
  REQUEST_UNDER_WAY: "A request for it is under way",
  ALREADY_MIGRATED: "What Vault has now is moved",
  SECRET_GONE: "Vault no longer has it",
  ENGINE_NOT_KV: "Its engine makes secrets on demand",
  NAMESPACE_NOT_SERVED: "It is in a namespace that is not served here",
  PATH_OUTSIDE_PREFIXES: "It lies outside the prefixes of `gate: off`",
  PATH_NOT_GRANTABLE: "Vault can't lend exactly this path",
  VERSION_DELETED: "Its current version is deleted",
  LOOKS_ALIKE: "Names look the same: which one is meant, or are all needed?",
  NAME_COLLISION: "Several would get one name in AWS: which one gets another?",
  TARGET_CLAIMED: "Another path's request has its name: which other name?",
  TARGET_TAKEN: "Its name is taken in AWS: which other name, or take it over?",
  TARGET_TOMBSTONED: "Its name is scheduled for deletion in AWS: another name, take it over, or wait?",
  TARGET_NAME_TOO_LONG: "Its name would be too long for AWS: which shorter one?",
  TARGET_NAME_INVALID: "AWS doesn't take its name: which other one?",
  TARGET_NAME_AMBIGUOUS: "Its name ends like an ARN: which other one?",
  TARGET_NOT_ALLOWED: "The rules don't allow its target: which other one?",
  TOO_MANY_TAGS: "It has more tags than AWS takes: which can go?",
  TAG_INVALID: "AWS doesn't take one of its tags: what should it say?",
  KEY_UNKNOWN: "It has no such key: which one?",
  NAME_OF_ANOTHER: "Another secret would get its name: which other name?",
  KEYS_LEFT_BEHIND: "Some of its keys are in no group",
  TARGET_TAKEN_OVER: "Its request takes a target over",
  VERSION_MOVED_ON: "Vault changed after it was moved: move it again?",
  LAST_MIGRATION_FAILED: "Its last migration failed: try again?",
  REQUEST_REJECTED: "An approver rejected it: is the reason settled?",
  MIGRATION_UNDONE: "It was moved and taken back: move it again?",
  MOVE_ALLOWED_AGAIN: "An operator allowed one further move",
  REQUEST_EXPIRED: "Nobody decided on its last request in time",
  REQUEST_WITHDRAWN: "Its requester withdrew the last request",
  METADATA_UNKNOWN: "The crawl has not read its metadata",
  SIZE_UNKNOWN: "It seems to hold a file; sizes are not known",
  TARGET_NOT_CHECKED: "AWS did not say if its name is free",
  TARGET_GETS_NEW_VERSION: "Its target exists from an earlier move",
  TARGET_WILL_BE_RESTORED: "Its target from an undone move will be restored",
} as const satisfies Record<string, string>;

/** Never empty: a code without words stands for itself. */
export function reasonWords(code: string): string {
  return code in REASON_WORDS ? REASON_WORDS[code as keyof typeof REASON_WORDS] : code;
}
