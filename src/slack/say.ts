import { formatPath } from "../catalog/secret-path.ts";
import { showName } from "../catalog/show-name.ts";
import { code, escapeMrkdwn } from "./escape-mrkdwn.ts";
import { shorten } from "./shorten.ts";
import type { AllowedTarget, Audience } from "./view-settings.ts";

interface NamedPath {
  readonly namespace: string;
  readonly mount: string;
  readonly path: string;
}

/** A path in code style, with what can't be seen made visible. */
export const sayPath = (source: NamedPath, max = 700): string => code(showName(formatPath(source)).shown, max);

/** What tells this name from one that looks the same, or null for a plain name. */
export function pathNote(source: NamedPath): string | null {
  const { note } = showName(formatPath(source));
  return note === null ? null : shorten(escapeMrkdwn(note), 400);
}

export const sayUser = (userId: string): string => `<@${userId.replace(/[^A-Z0-9]/gi, "")}>`;

/** Where mentions mean nothing (fallback text, modals' plain text), say nothing about who. */
export const sayAudience = ({ users, usergroups }: Audience): string =>
  [...usergroups.map((id) => `<!subteam^${id.replace(/[^A-Z0-9]/gi, "")}>`), ...users.map(sayUser)].join(", ");

/** In the reader's own time zone; UTC where Slack can't. @see https://docs.slack.dev/messaging/formatting-message-text#date-formatting */
export function sayTime(at: Date): string {
  const fallback = `${at.toISOString().slice(0, 16).replace("T", " ")} UTC`;
  return `<!date^${Math.floor(at.getTime() / 1_000)}^{date_short_pretty}, {time}|${fallback}>`;
}

/** The day alone, in the reader's own time zone. */
export const sayDay = (at: Date): string =>
  `<!date^${Math.floor(at.getTime() / 1_000)}^{date_short}|${at.toISOString().slice(0, 10)}>`;

/** How long ago, in the largest unit that fits: `3 h`. */
export function sayAge(since: Date, now: Date): string {
  const minutes = Math.max(0, Math.floor((now.getTime() - since.getTime()) / 60_000));
  if (minutes < 1) return "just now";
  if (minutes < 60) return `${minutes} min ago`;
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} h ago`;
  return `${Math.floor(minutes / (24 * 60))} days ago`;
}

/** `Payments prod (111122223333, eu-central-1)`. */
export function sayAccount(
  target: { readonly accountId: string; readonly region: string },
  allowed: readonly AllowedTarget[],
): string {
  const label = allowed.find(
    ({ accountId, region }) => accountId === target.accountId && region === target.region,
  )?.label;
  const place = `${target.accountId}, ${target.region}`;
  return label ? `${label} (${place})` : place;
}

export const sayPlural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`;
