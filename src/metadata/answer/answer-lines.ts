import { formatPath } from "../../catalog/secret-path.ts";
import { agoWords, listed, name, type Phrase, plural, quotedWords } from "./phrase.ts";
import type { SecretAnswer } from "./secret-answer.ts";
import { usageWords } from "./usage-words.ts";

const KEYS_NAMED = 8;

/** What speaks for the answer: who reads it, what its keys are called, how old it is. One sentence each. */
export function evidenceLines(answer: SecretAnswer): readonly Phrase[] {
  return [...usageWords(answer.usage, answer.at), keyWords(answer), ageWords(answer)];
}

function keyWords({ entry: { keyNames, source } }: SecretAnswer): Phrase {
  if (keyNames !== null)
    return keyNames.length === 0 ? ["It has no keys."] : ["Keys ", ...listed(keyNames, KEYS_NAMED), "."];
  if (source.engine === "kv-v1")
    return ["Its key names are not known: KV v1 does not tell them without reading the value."];
  if (source.engine === "kv-v2") return ["Its key names are not known yet."];
  return ["It has no keys of its own: Vault's engine ", name(source.engine), " makes or keeps what it gives."];
}

function ageWords({ entry, at }: SecretAnswer): Phrase {
  const { vaultCreatedAt: created, vaultUpdatedAt: changed, currentVersion } = entry;
  if (created === null) return ["Vault does not say how old it is."];
  const version = currentVersion === null ? "" : `, version ${currentVersion}`;
  if (changed === null || changed.getTime() - created.getTime() < 60_000) {
    return ["Created ", { day: created }, `, ${agoWords(created, at)}, and not changed since.`];
  }
  return ["Created ", { day: created }, `, last changed ${agoWords(changed, at)}${version}.`];
}

/** Who owns it, or probably does, and why; then who says that it is not so. */
export function ownerLines({ owner }: SecretAnswer): readonly Phrase[] {
  const { team, because, confirmedBy, contradictedBy } = owner;
  const said: Phrase =
    team === null
      ? ["Owner not known: ", ...quotedWords(because), "."]
      : confirmedBy
        ? ["Owner ", name(team), ", confirmed by ", { userId: confirmedBy.by }, " on ", { day: confirmedBy.at }, "."]
        : ["Likely owner ", name(team), ": ", ...quotedWords(because), "."];
  return [said, ...contradictedBy.map(contradictionWords)];
}

function contradictionWords({ team, kind, by, at }: SecretAnswer["owner"]["contradictedBy"][number]): Phrase {
  const what = kind === "not-ours" ? " that it is not theirs" : " before that it is theirs";
  return [{ userId: by }, " said for ", name(team), what, ", on ", { day: at }, "."];
}

/** What lies around it: the same secret of other environments, and its folder. */
export function siblingLines({ siblings, entry }: SecretAnswer): readonly Phrase[] {
  const { inFolder, elsewhere } = siblings;
  const folder = formatPath({ ...entry.source, path: entry.source.path.split("/").slice(0, -1).join("/") });
  const others = elsewhere
    .slice(0, 3)
    .flatMap(({ environment, path }, at): Phrase => [at === 0 ? "" : ", ", `${environment} at `, name(path)]);
  const more = elsewhere.length > 3 ? ` and ${elsewhere.length - 3} more` : "";
  return [
    ...(elsewhere.length === 0 ? [] : [["The same elsewhere: ", ...others, `${more}.`] satisfies Phrase]),
    inFolder.count === 0
      ? ["Alone in ", name(`${folder}/`), "."]
      : [`${plural(inFolder.count, "more secret")} in `, name(`${folder}/`), ": ", ...listedOf(inFolder), "."],
  ];
}

const listedOf = ({ count, some }: SecretAnswer["siblings"]["inFolder"]): Phrase => {
  const names = some.map(({ path }) => path.slice(path.lastIndexOf("/") + 1));
  const shown = listed(names, names.length);
  return count > names.length ? [...shown, ` and ${count - names.length} more`] : shown;
};
