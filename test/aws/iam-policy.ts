/** The part of a policy that the documented ones use. Anything else throws: what is not understood must not pass as a yes. */
export interface PolicyStatement {
  readonly Effect: "Allow" | "Deny";
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}
export interface Policy {
  readonly Statement: readonly PolicyStatement[];
}

/** One right that a call asks for, with what AWS knows of it. A key that is not in `keys` is absent. */
export interface Wish {
  readonly action: string;
  readonly resource: string;
  readonly keys: Readonly<Record<string, string>>;
}

/**
 * Our reading of IAM: nothing without an Allow, nothing against a Deny.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 */
export function allows({ Statement }: Policy, wish: Wish): boolean {
  const matching = Statement.filter((statement) => isAbout(statement, wish));
  const effects = new Set(matching.map(({ Effect }) => Effect));
  return effects.has("Allow") && !effects.has("Deny");
}

function isAbout({ Action, Resource, Condition = {} }: PolicyStatement, { action, resource, keys }: Wish): boolean {
  return (
    [Action].flat().some((pattern) => matchesArn(pattern, action)) &&
    [Resource].flat().some((pattern) => matchesArn(pattern, resource)) &&
    Object.entries(Condition).every(([operator, wanted]) =>
      Object.entries(wanted).every(([key, value]) => holds(operator, keys[key], value)),
    )
  );
}

/** `*` is any text, `?` one character, `${x}` the character x itself. */
export function matchesArn(pattern: string, text: string): boolean {
  const source = pattern.replaceAll(/\$\{([*?$])\}|[*?]|[.+^${}()|[\]\\]/g, (part, character?: string) => {
    if (character !== undefined) return `\\${character}`;
    return { "*": ".*", "?": "." }[part] ?? `\\${part}`;
  });
  return new RegExp(`^${source}$`, "s").test(text);
}

const OPERATORS: Readonly<Record<string, (actual: string | undefined, wanted: string) => boolean>> = {
  StringEquals: (actual, wanted) => actual === wanted,
  ArnEquals: (actual, wanted) => actual !== undefined && matchesArn(wanted, actual),
  Null: (actual, wanted) => (actual === undefined) === (wanted === "true"),
  Bool: (actual, wanted) => actual === wanted,
  BoolIfExists: (actual, wanted) => actual === undefined || actual === wanted,
};

function holds(operator: string, actual: string | undefined, wanted: string): boolean {
  const compare = OPERATORS[operator];
  if (!compare) throw new Error(`a condition that this reading of IAM does not know: ${operator}`);
  return compare(actual, wanted);
}
