import type { RequestContent, ValueShape } from "../approvals/content.ts";
import type { TagOverflow } from "../migration/custom-metadata-tags.ts";
import type { RequestStatus } from "../store/tables/requests.ts";
import { code, quote } from "./escape-mrkdwn.ts";
import { sayPlural } from "./say.ts";

/** How the value goes, and what is set on its target beside it: all of it is approved with the rest. */
export function howLines(content: RequestContent, status: RequestStatus = "waiting"): (string | null)[] {
  const { shape, olderVersions, settings, adopt } = content;
  const { description, replicaRegions, resourcePolicy } = settings;
  return [
    `*Moved as*  ${movedAs(shape)}`,
    olderVersions === 0 ? null : `*Older versions*  ${olderVersionsWords(olderVersions)}`,
    description === null ? null : `*Description in AWS*  ${code(description, 400)}`,
    replicaRegions.length === 0 ? null : `*Copied to*  ${replicaRegions.map((region) => code(region, 40)).join(", ")}`,
    resourcePolicy === null
      ? null
      : `*Who else may use it*  by resource policy:\n${quote(resourcePolicy.slice(0, 900))}`,
    adopt === null ? null : takeOverLine(adopt, status),
  ];
}

/** `3 at most, as vault-v<N>`: which of them still hold a value is known only when they are read. */
const olderVersionsWords = (count: number): string =>
  `${sayPlural(count, "version")} at most besides the newest, each under a label such as ${code("vault-v3")}`;

/** In the past once it is done: the card stays. */
const takeOverLine = (adopt: NonNullable<RequestContent["adopt"]>, status: RequestStatus): string =>
  (
    ({
      migrated: `:warning: *Took over*  ${tookOverWords(adopt)}`,
      undone: `:warning: *Had taken over*  ${code(adopt.arn)}, which Glovebox did not make, and gave it back.`,
    }) as Partial<Record<RequestStatus, string>>
  )[status] ?? `:warning: *Takes over*  ${takeOverWords(adopt)}`;

const tookOverWords = ({ arn, isTombstone }: NonNullable<RequestContent["adopt"]>): string =>
  `${code(arn)}, which Glovebox did not make. ${isTombstone ? "It was scheduled for deletion and is restored. " : ""}What it held before stays as AWSPREVIOUS, unless it held this very value already.`;

const takeOverWords = ({ arn, isTombstone }: NonNullable<RequestContent["adopt"]>): string =>
  `${code(arn)}, which Glovebox did not make. ${isTombstone ? "It is scheduled for deletion and will be restored. " : ""}It gets a new version; the one that it has now stays as AWSPREVIOUS. If it changes before that, nothing is written.`;

export function movedAs(shape: ValueShape): string {
  switch (shape.kind) {
    case "document":
      return "one JSON document";
    case "single":
      return `the bare value of key ${code(shape.key, 300)}${shape.encoding === "base64" ? ", decoded from base64 (binary)" : ""}`;
    case "split": {
      const parts = shape.parts.map(
        ({ name, keys }) => `• ${code(`/${name}`, 70)} with ${keys.map((key) => code(key, 80)).join(", ")}`,
      );
      return [`${sayPlural(shape.parts.length, "secret")}, each a JSON document, under that name:`, ...parts].join(
        "\n",
      );
    }
  }
}

/** "4 of 12 …", with their names and reasons; null where all went along. Values are not shown. */
export function overflowLine(overflow: TagOverflow | null): string | null {
  if (overflow === null) return null;
  const { total, leftOut } = overflow;
  const named = leftOut.slice(0, 10).map(({ key, reason }) => `${code(key, 60)} (${reason})`);
  const more = leftOut.length - named.length;
  const but = leftOut.some(({ value }) => value === null) ? ", except what looks like a credential" : "";
  const all = `${named.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
  return `*Metadata*  ${leftOut.length} of ${total} entries of Vault's custom metadata did not become tags in AWS. Glovebox keeps them${but}: ${all}`;
}
