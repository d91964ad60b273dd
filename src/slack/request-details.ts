import type { RequestState } from "../migration/request-state.ts";
import { lines, type Message, message } from "./blocks.ts";
import { code, escapeMrkdwn } from "./escape-mrkdwn.ts";
import { howLines, overflowLine } from "./how-lines.ts";
import { pathNote, sayAccount, sayPath, sayTime, sayUser } from "./say.ts";
import { progressWords, stateLine, stateWords } from "./state-words.ts";
import type { ViewSettings } from "./view-settings.ts";
import { writtenWords } from "./written-words.ts";

/** Everything that an approval would cover, and how far it got: for the one who pressed Details. */
export function requestDetails(state: RequestState, { targets }: ViewSettings): Message {
  const { content, migration, decision } = state;
  const { source, target, tags } = content;
  const note = pathNote(source);
  const blocks = [
    lines(stateLine(state), `Version ${state.version} of the request, by ${sayUser(state.requester)}.`),
    lines(
      `*Source*  ${sayPath(source)}`,
      note && `_${note}_`,
      `mount ${code(source.mount, 200)}, accessor ${code(source.mountAccessor, 100)}, engine ${code(source.engine)}`,
      `*Vault version*  ${state.vaultVersion ?? "none (KV v1)"}`,
      `*Target*  ${code(target.name, 600)} in ${escapeMrkdwn(sayAccount(target, targets))}`,
      `*Encrypted with*  ${target.kmsKeyId === null ? "the AWS-managed key" : code(target.kmsKeyId, 300)}`,
    ),
    lines(...howLines(content, state.status), overflowLine(state.overflow)),
    lines("*Tags*", ...Object.entries(tags).map(([tag, value]) => `${code(tag, 140)} = ${code(value, 270)}`)),
    lines(
      decision &&
        `*Decision*  ${decision.verdict === "approve" ? "approved" : "rejected"} by ${sayUser(decision.by)}, ${sayTime(decision.at)}`,
      migration &&
        `*Migration*  ${code(migration.id)}, attempt ${migration.attempt}. ${progressWords(migration.state, state.status)}`,
      migration?.leaseOpenedAt
        ? `*Lease*  ${sayTime(migration.leaseOpenedAt)} to ${migration.leaseClosedAt ? sayTime(migration.leaseClosedAt) : "still open"}`
        : null,
      migration && migration.targets.length > 0 ? `*Written*  ${writtenWords(migration)}` : null,
      ...(migration?.targets ?? [])
        .slice(0, 5)
        .flatMap(({ arn, versionId }) => [`*ARN*  ${code(arn)}`, `*AWS version*  ${code(versionId)}`]),
      migration?.causeCode ? `*Cause*  ${code(migration.causeCode)}` : null,
      `*Next*  ${escapeMrkdwn(state.nextStep)}`,
    ),
  ];
  return message(`Details of ${state.id}: ${stateWords(state)}`, blocks);
}
