import { prefixOf, ungrantableReason } from "../../approvals/mint-metadata.ts";
import { isKeyValue } from "../../catalog/catalog-source.ts";
import { playbookOf } from "../../catalog/playbooks.ts";
import type { LaneReason } from "./lane.ts";
import type { LaneFacts } from "./lane-facts.ts";
import type { LaneRules } from "./lane-rules.ts";

/** What this installation can lend at all. */
export interface Lendable {
  /** The one namespace that it serves; "" for the root. */
  readonly namespace: string;
  /** Only where `gate: off`: no path outside these can be lent. Empty: any. */
  readonly prefixes: readonly string[];
}

/** What Glovebox can't move by itself, whatever anybody decides. */
export function stopReasons(facts: LaneFacts, limits: Lendable): LaneReason[] {
  const { engine, namespace, path } = facts;
  if (!isKeyValue(facts)) {
    const reason = `its engine (${engine}) stores no value that could be copied`;
    if (path === "") return [stop("ENGINE_NOT_KV", reason, "Ask support how such secrets move.")];
    const { title, nextStep } = playbookOf(engine, path);
    return [stop("ENGINE_NOT_KV", `${reason}: ${title}`, nextStep)];
  }
  if (namespace !== limits.namespace) {
    const reason = `it is in ${sayNamespace(namespace)}, and this installation serves ${sayNamespace(limits.namespace)} alone`;
    return [stop("NAMESPACE_NOT_SERVED", reason, "Ask support which installation serves it.")];
  }
  const ungrantable = ungrantableReason(path);
  if (ungrantable !== null) {
    return [stop("PATH_NOT_GRANTABLE", `Glovebox can't lend exactly this path: ${ungrantable}`, BY_HAND)];
  }
  if (limits.prefixes.length > 0 && prefixOf(limits.prefixes, facts) === null) {
    const reason = "Glovebox works without a gate here, and the path lies outside the prefixes that Vault holds it to";
    return [stop("PATH_OUTSIDE_PREFIXES", reason, BY_HAND)];
  }
  return [];
}

const BY_HAND = "Ask support, who move it by hand.";

/** What a person must decide about the value's form before it can go: its names tell, nobody has looked inside. */
export function formReasons({ keyNames, purpose }: LaneFacts, { complex }: LaneRules): LaneReason[] {
  const files = (keyNames ?? []).filter(namesFile);
  const keyCount = keyNames?.length ?? 0;
  return [
    ...(files.length > 0 ? [decide("KEY_FILES", `it seems to hold a file (${sayKeys(files)})`, CHOOSE_FORM)] : []),
    ...(purpose !== null && complex.types.includes(purpose)
      ? [decide("SEVERAL_SYSTEMS", "it seems to hold credentials of several systems", SPLIT)]
      : []),
    ...(keyCount >= complex.keys ? [decide("MANY_KEYS", `it has ${keyCount} keys at its top level`, SPLIT)] : []),
  ];
}

const CHOOSE_FORM =
  "Say in the form whether one key's bare value or the whole document is to move; the size is checked before anything is written.";
const SPLIT = "Decide with its owner whether it becomes one target or several: the form can split it by keys.";

/** Key stores, wallets and archives, by their extension or by what they are called. */
const FILE_NAME =
  /\.(jks|p12|pfx|keytab|kdbx|zip|tar|tgz|gz|7z|sso|der|bin)$|(^|[^a-z])(keystore|truststore|key_?store_?file|jks|p12|pfx|pkcs12|keytab|tarball|dump)($|[^a-z])/i;
const OF_A_FILE = /pass|pwd|alias|type|path|url|name/i;

/** `keystore.jks` is a file, `keystore_password` belongs to one. */
const namesFile = (key: string): boolean => FILE_NAME.test(key) && !OF_A_FILE.test(key);

function sayKeys(keys: readonly string[]): string {
  const named = keys.slice(0, 3).map((key) => `\`${key}\``);
  const more = keys.length - named.length;
  return `key ${named.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

const sayNamespace = (namespace: string): string =>
  namespace === "" ? "the root namespace" : `namespace ${namespace}`;

const stop = (code: string, text: string, nextStep: string): LaneReason => ({
  ...{ code, lane: "complex", text, nextStep },
  stops: true,
});
const decide = (code: string, text: string, nextStep: string): LaneReason => ({
  ...{ code, lane: "complex", text, nextStep },
  stops: false,
});
