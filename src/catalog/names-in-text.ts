/** More are not looked up: a message that names so many is a list, and its answer would be one, too. */
const NAMES_AT_MOST = 10;
/** Slack's messages are shorter. */
const READ_AT_MOST = 40_000;

/** Between backticks or quotes a name may hold blanks; alone it ends at the next one. */
const MARKED = /`([^`\n]{3,1000})`|"([^"\n]{3,1000})"|'([^'\n]{3,1000})'/g;
const ALONE = /[^\s,;()"'`<>]+/g;
/** What ends a sentence or a clause and no name. */
const TRAILING = /[.?!:…/]+$/;
const DATE = /^\d+(\/\d+)+$/;

/**
 * What in a message may be the name of a secret: what is marked as code or quoted and has a slash, ARNs, and words with
 * slashes, in the order of their places. Whether there are such secrets is for the catalogue to say.
 */
export function namesInText(text: string): string[] {
  const found: { readonly at: number; readonly name: string }[] = [];
  const take = (at: number, written: string): void => {
    const name = written.replace(TRAILING, "");
    if (name.includes("/") && !DATE.test(name)) found.push({ at, name });
  };
  const unmarked = text.slice(0, READ_AT_MOST).replace(MARKED, (whole, ...groups: unknown[]) => {
    const [code, double, single, at] = groups;
    take(Number(at), String(code ?? double ?? single));
    return " ".repeat(whole.length);
  });
  for (const { 0: word, index } of unmarked.matchAll(ALONE)) take(index, withoutLabel(word));
  const names = found.sort((a, b) => a.at - b.at).map(({ name }) => name);
  return [...new Set(names)].slice(0, NAMES_AT_MOST);
}

/** `path=secret/app` and `path:secret/app` name `secret/app`; an ARN and a link are full of colons themselves. */
function withoutLabel(word: string): string {
  const arn = word.indexOf("arn:aws");
  if (arn !== -1) return word.slice(arn);
  if (/^https?:/i.test(word)) return word;
  const slash = word.indexOf("/");
  const label = Math.max(word.lastIndexOf(":", slash), word.lastIndexOf("=", slash));
  return slash === -1 ? word : word.slice(label + 1);
}
