import { describe, expect, it } from "vitest";
import type { EntryUsage } from "../../../src/catalog/usage/usage-of-entry.ts";
import { sayInTerminal } from "../../../src/cli/answer-lines.ts";
import { usageWords } from "../../../src/metadata/answer/usage-words.ts";
import { NOW, sampleUsage } from "../../slack/sample-states.ts";

const said = (changes: Partial<EntryUsage>): string[] => usageWords(sampleUsage(changes), NOW).map(sayInTerminal);
const client = (changes: object = {}) => ({
  ...{ entityId: "e1", role: "payments-api", displayName: null, address: "10.0.0.1", reads: 3, lastAt: NOW },
  ...changes,
});
const coverage = { from: new Date("2026-10-25T00:00:00Z"), to: NOW };
const minutesAgo = (count: number): Date => new Date(NOW.getTime() - count * 60_000);

describe("who reads a secret, in words", () => {
  it("names the role, its addresses, the rate and the last read", () => {
    const clients = [client(), client({ address: "10.0.0.2" }), client({ address: "10.0.0.3" })];
    const read = {
      coverage,
      lastReadAt: minutesAgo(2),
      readCount: 1_200,
      readsPerDay: 40,
      clients,
      readers: ["payments-api"],
    };
    expect(said({ ...read, clientCount: 3, addressCount: 3 })).toEqual([
      "Read about 40 times a day by role payments-api from 3 addresses, last 2 minutes ago.",
    ]);
  });

  it("names the heaviest reader and counts the others, and says only that there are others where not all are listed", () => {
    const clients = [client({ role: "batch" }), client(), client({ role: null, displayName: "ldap-erin" })];
    const readers = ["payments-api", "batch", "ldap-erin"];
    const read = { coverage, lastReadAt: minutesAgo(200), readCount: 30, readsPerDay: 1, clients, addressCount: 1 };
    expect(said({ ...read, readers })[0]).toBe(
      "Read about once a day by role payments-api and 2 others from 1 address, last 3 hours ago.",
    );
    expect(said({ ...read, readers: ["ldap-erin"] })[0]).toContain("by ldap-erin from");
    const ten = Array.from({ length: 10 }, (_, at) => `role-${at}`);
    expect(said({ ...read, readers: ten })[0]).toContain("by role-0 and others from");
  });

  it("counts single reads where a rate a day would mean nothing", () => {
    const read = { coverage, lastReadAt: minutesAgo(3 * 1_440), clients: [client()], clientCount: 1, addressCount: 1 };
    expect(said({ ...read, readCount: 4, readsPerDay: 0.13 })[0]).toMatch(/^Read 4 times in the last 30 days/);
    expect(said({ ...read, readCount: 0, readsPerDay: 0 })[0]).toMatch(
      /^Last read 3 days ago by .*Not read in the last 30 days/,
    );
  });

  it("does not say unused where no audit log was read", () => {
    expect(said({ coverage: null })).toEqual(["Nobody feeds me Vault's audit log, so I can't say who reads it."]);
  });

  it("says unread of the days that the log covers, and of no others", () => {
    expect(said({ coverage })).toEqual([
      "Not read in the audit log that I have (2026-10-25 to 2026-11-24). Of other days I can't say.",
    ]);
  });

  it("names the last writer", () => {
    const writers = [client({ role: null, displayName: "ldap-erin", lastAt: minutesAgo(60 * 50) })];
    expect(said({ coverage, lastWriteAt: minutesAgo(60 * 50), writers })[1]).toBe(
      "Last written 2 days ago by ldap-erin.",
    );
  });

  it("says so of a client that has no name at all", () => {
    const clients = [client({ role: null, entityId: null, address: null })];
    const read = {
      coverage,
      lastReadAt: NOW,
      readCount: 1,
      readsPerDay: 0.1,
      clients,
      clientCount: 1,
      addressCount: 0,
    };
    expect(said(read)[0]).toBe(
      "Read once in the last 30 days of the audit log by a client without a name, last just now.",
    );
  });
});
