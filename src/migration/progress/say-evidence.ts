import type { ProgressReport } from "./count-progress.ts";

/** How old what the report rests on is, in a sentence each. What is missing is said. */
export function sayEvidence({ judgement, catalogue, asOf }: ProgressReport): string[] {
  const { finishedAt, unreadableCount, isNewerUnfinished } = catalogue;
  const newer = isNewerUnfinished ? ", and a newer one is under way or broke off" : "";
  const unread = unreadableCount.toLocaleString("en-US");
  return [
    finishedAt === null
      ? "No crawl of Vault has come to its end yet: secrets may be missing."
      : `The last whole crawl of Vault ended ${ageOf(finishedAt, asOf)}${newer}.`,
    ...(unreadableCount === 0 ? [] : [`${unread} places in Vault could not be read, so what is there is not counted.`]),
    judgement === null
      ? "The lanes have not been judged yet."
      : `Lanes were judged ${ageOf(judgement.judgedAt, asOf)}${sayLog(judgement.evidence, asOf)}`,
  ];
}

function sayLog(evidence: { readonly from: Date; readonly to: Date } | null, asOf: Date): string {
  if (evidence === null) return ". No audit log of Vault was read, so no lane rests on who reads what.";
  const days = Math.max(1, Math.round((evidence.to.getTime() - evidence.from.getTime()) / 86_400_000));
  return `, from an audit log of ${days} ${days === 1 ? "day" : "days"} that ends ${ageOf(evidence.to, asOf)}.`;
}

/** "just now", "7 minutes ago", "3 hours ago", "2 days ago". */
function ageOf(at: Date, now: Date): string {
  const minutes = Math.max(0, Math.floor((now.getTime() - at.getTime()) / 60_000));
  const say = (count: number, unit: string): string => `${count} ${unit}${count === 1 ? "" : "s"} ago`;
  if (minutes < 1) return "just now";
  if (minutes < 60) return say(minutes, "minute");
  if (minutes < 48 * 60) return say(Math.floor(minutes / 60), "hour");
  return say(Math.floor(minutes / (24 * 60)), "day");
}
