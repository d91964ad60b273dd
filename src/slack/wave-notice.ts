import type { WaveState } from "../migration/waves/wave-state.ts";
import { context, lines, type Message, message } from "./blocks.ts";
import { code, escapeMrkdwn, quote } from "./escape-mrkdwn.ts";
import { sayUser } from "./say.ts";
import { sayCounts } from "./wave-card.ts";

type Detail = Readonly<Record<string, unknown>>;

const text = (detail: Detail, key: string): string => {
  const value = detail[key];
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
};

const whom = (by: string): string =>
  by === "glovebox" ? "Glovebox" : by.startsWith("operator:") ? code(by, 60) : sayUser(by);
const batchOf = (detail: Detail): string =>
  text(detail, "number") === "1" ? "The pilot" : `Batch ${text(detail, "number")}`;

const AGAIN: Readonly<Record<string, string>> = {
  late: "its approval could not be carried out in time",
  "approver-gone": "the approver left the group before all of it was signed",
  "approval-expired": "the approval ended before its turn came",
};

const HEADLINE: Readonly<Record<string, (detail: Detail) => string>> = {
  "batch-approved": (detail) => `${batchOf(detail)} was approved by ${whom(text(detail, "by"))}.`,
  "batch-rejected": (detail) => `${batchOf(detail)} was rejected by ${whom(text(detail, "by"))}. Nothing of it moves.`,
  "batch-asked-again": (detail) =>
    `${batchOf(detail)} waits for approval again: ${AGAIN[text(detail, "because")] ?? "its approval no longer counts"}. Nothing was lost.`,
  "batch-ended": (detail) => `${batchOf(detail)} has ended.`,
  "batch-expired": (detail) => `${batchOf(detail)} expired without a decision. Nothing of it moves.`,
  paused: (detail) => `It was paused by ${whom(text(detail, "by"))}.`,
  "draft-expired": (detail) =>
    `Its draft was not sent within ${text(detail, "hours")} hours, so it expired. Nothing was asked for.`,
  ended: (detail) => `It was ended by ${whom(text(detail, "by"))}.`,
  done: () => "It is done.",
};

/** One digest for whoever asked, where five hundred requests would each have told. */
export function waveNotice({ name, waits }: Pick<WaveState, "name" | "waits">, detail: Detail): Message {
  const headline = HEADLINE[text(detail, "event")]?.(detail) ?? "Something changed.";
  const reason = text(detail, "reason");
  const counts = detail as Readonly<Partial<Record<string, number>>>;
  const hasCounts = ["batch-ended", "batch-expired", "ended", "done"].includes(text(detail, "event"));
  return message(`${name}: ${headline}`, [
    lines(
      `*Wave ${code(name, 60)}*  ${headline}`,
      reason === "" ? null : quote(reason),
      hasCounts ? sayCounts(counts) : null,
    ),
    context(`*Next*  ${waits.map((one) => escapeMrkdwn(one)).join("\n")}`),
  ]);
}
