import type { EntryUsage, UsageClient } from "../../catalog/usage/usage-of-entry.ts";
import { agoWords, name, type Phrase, plural } from "./phrase.ts";

/** `EntryUsage.readers` holds no more. */
const READERS_LISTED = 10;

/**
 * Who reads a secret, in one or two sentences. Nothing is claimed beyond what the audit logs cover: "not read" is only
 * said of their days.
 */
export function usageWords(usage: EntryUsage, now: Date): readonly Phrase[] {
  const { coverage, lastReadAt } = usage;
  if (coverage === null) return [["Nobody feeds me Vault's audit log, so I can't say who reads it."]];
  const written = writeWords(usage, now);
  if (lastReadAt === null) {
    const days: Phrase = [{ day: coverage.from }, " to ", { day: coverage.to }];
    return [["Not read in the audit log that I have (", ...days, "). Of other days I can't say."], ...written];
  }
  const last = agoWords(lastReadAt, now);
  if (usage.readCount === 0) {
    return [
      [`Last read ${last}`, ...readersWords(usage), ". Not read in the last 30 days of the audit log."],
      ...written,
    ];
  }
  return [[`Read ${rateWords(usage)}`, ...readersWords(usage), `, last ${last}.`], ...written];
}

/** A rate below one a day is no rate that people can picture, so the reads are counted. */
function rateWords({ readsPerDay, readCount }: EntryUsage): string {
  if (readsPerDay >= 1.5) return `about ${Math.round(readsPerDay)} times a day`;
  if (readsPerDay >= 0.75) return "about once a day";
  return `${readCount === 1 ? "once" : `${readCount} times`} in the last 30 days of the audit log`;
}

/** ` by role payments-api and 2 others from 3 addresses`, the heaviest reader named. */
function readersWords({ readers, clients, addressCount }: EntryUsage): Phrase {
  const [heaviest] = readers;
  const [newest] = clients;
  if (heaviest === undefined && newest === undefined) return [];
  const isRole = clients.some(({ role }) => role === heaviest);
  const first: Phrase = heaviest === undefined ? sayClient(newest) : [isRole ? "role " : "", name(heaviest)];
  const rest = readers.length - 1;
  // The list is cut at ten, so then nobody knows here how many more there are.
  const others = rest >= READERS_LISTED - 1 ? " and others" : rest > 0 ? ` and ${plural(rest, "other")}` : "";
  const from = addressCount === 0 ? "" : ` from ${addressCount === 1 ? "1 address" : `${addressCount} addresses`}`;
  return [" by ", ...first, `${others}${from}`];
}

function writeWords({ lastWriteAt, writers }: EntryUsage, now: Date): readonly Phrase[] {
  if (lastWriteAt === null) return [];
  const [writer] = writers;
  const by: Phrase = writer === undefined ? [] : [" by ", ...sayClient(writer)];
  return [[`Last written ${agoWords(lastWriteAt, now)}`, ...by, "."]];
}

/** The name that says most: a role is set up on purpose, a display name is made from it, an entity is an id. */
function sayClient(client: UsageClient | undefined): Phrase {
  const { role = null, displayName = null, entityId = null } = client ?? {};
  if (role !== null) return ["role ", name(role)];
  if (displayName !== null) return [name(displayName)];
  return entityId === null ? ["a client without a name"] : ["entity ", name(entityId)];
}
