import type { RequestState } from "../migration/request-state.ts";
import type { TargetWriteKind } from "../migration/write-list.ts";
import { sayPlural } from "./say.ts";

export interface WrittenCounts {
  readonly targets: readonly {
    readonly kind: TargetWriteKind;
    readonly isAdopted: boolean;
    readonly olderVersions: number;
  }[];
  readonly skippedVersions: number;
}

/** `2 new secrets, 1 older version; 1 older version left out`: all of it, where lists show the first few. */
export function writtenWords({ targets, skippedVersions }: WrittenCounts): string {
  const count = (...kinds: TargetWriteKind[]): number => targets.filter(({ kind }) => kinds.includes(kind)).length;
  const older = targets.reduce((sum, { olderVersions }) => sum + olderVersions, 0);
  const adopted = targets.filter(({ isAdopted }) => isAdopted).length;
  const said: [number, string][] = [
    [count("create"), sayPlural(count("create"), "new secret")],
    [
      count("put", "restore-and-put"),
      `a new version of ${sayPlural(count("put", "restore-and-put"), "secret")} that ${was(count("put", "restore-and-put"))} there`,
    ],
    [count("keep"), `${sayPlural(count("keep"), "secret")} not written again, for AWS held that value already`],
    [older, `${sayPlural(older, "older version")} beside the current one`],
    [skippedVersions, `${sayPlural(skippedVersions, "older version")} left out, for Vault no longer had the value`],
    [adopted, `${adopted === 1 ? "taken over" : `${adopted} taken over`}, as was approved`],
  ];
  return said.flatMap(([number, words]) => (number === 0 ? [] : [words])).join("; ");
}

const was = (count: number): string => (count === 1 ? "was" : "were");

/** Only where there is more to say than one new secret. */
export function unusualWords({ migration }: Pick<RequestState, "migration">): string | null {
  if (!migration || migration.targets.length === 0) return null;
  const [first, ...rest] = migration.targets;
  const isUsual =
    rest.length === 0 && first?.kind === "create" && first.olderVersions + migration.skippedVersions === 0;
  return isUsual ? null : writtenWords(migration);
}
