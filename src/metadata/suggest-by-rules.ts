import { applicationRule } from "./rules/application.ts";
import { classificationFor } from "./rules/classification.ts";
import { fromCustomMetadata } from "./rules/custom-metadata.ts";
import { environmentRule } from "./rules/environment.ts";
import { ownerTeamRule } from "./rules/owner-team.ts";
import { purposeRule } from "./rules/purpose.ts";
import { rotationFor } from "./rules/rotation.ts";
import type { Answer, Field, NamedSecret, Suggestion } from "./suggestion.ts";

/** All that names alone say. Pure, and quick enough for every entry of the catalogue. */
export function suggestByRules(secret: NamedSecret): Suggestion[] {
  const written = fromCustomMetadata(secret);
  const writtenFor = (field: Field): string | null => written.find((one) => one.field === field)?.value ?? null;
  const [purpose, environment] = [purposeRule(secret), environmentRule(secret)];
  const purposeValue = writtenFor("purpose") ?? purpose?.value ?? null;
  const answers: Record<Field, Answer | null> = {
    purpose,
    ownerTeam: ownerTeamRule(secret),
    application: applicationRule(secret),
    environment,
    classification: classificationFor(purposeValue, writtenFor("environment") ?? environment?.value ?? null),
    rotation: rotationFor(purposeValue),
  };
  const byRules = (Object.entries(answers) as [Field, Answer | null][]).flatMap(([field, answer]): Suggestion[] =>
    answer === null ? [] : [{ field, source: "rules", ...answer }],
  );
  return [...written, ...byRules];
}
