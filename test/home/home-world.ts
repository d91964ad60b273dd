import { randomUUID } from "node:crypto";
import { sql } from "kysely";
import type { Envelope } from "../../src/approvals/content.ts";
import { writeNames } from "../../src/catalog/entry-rows.ts";
import type { HomePerson } from "../../src/home/home-person.ts";
import { confirmMetadata } from "../../src/metadata/confirm-metadata.ts";
import type { Team } from "../../src/metadata/team.ts";
import type { Store } from "../../src/store/open-store.ts";
import type { RequestStatus } from "../../src/store/tables/requests.ts";
import { kvMount } from "../fakes/catalog-source.ts";
import { freshStore } from "../fresh-store.ts";
import { sampleRequest } from "../slack/sample-states.ts";

export const AT = new Date("2026-06-01T09:00:00Z");
export const ERIN = "U0ENGINEER";
export const ELI = "U0ENGINEER2";

export const team = (name: string): Team => ({
  name,
  aliases: [`team-${name}`],
  members: { users: [], usergroups: [`S0${name.toUpperCase()}`] },
  vaultRoles: [`${name}-*`],
});
export const PAYMENTS = team("payments");

/** Erin of payments, unless told. */
export const person = (changes: Partial<HomePerson> = {}): HomePerson => ({
  ...{ userId: ERIN, teams: [PAYMENTS], isApprover: false, isStaff: false, areGroupsUnknown: false },
  visible: sql<boolean>`true`,
  ...changes,
});

export interface HomeWorld {
  readonly store: Store;
  /** Adds them to the mount `secret`. */
  find(...paths: string[]): Promise<void>;
  idOf(path: string): Promise<number>;
  own(path: string, owner: string, by?: string): Promise<void>;
  guess(path: string, owner: string): Promise<void>;
  /** @returns The request's number. */
  ask(path: string, by: string, status?: RequestStatus, at?: Date): Promise<string>;
}

/** A catalogue, words on owners, and requests, written as the product writes them. */
export async function homeWorld(...paths: string[]): Promise<HomeWorld> {
  const { store } = await freshStore();
  const idOf = async (path: string): Promise<number> =>
    (await store.selectFrom("entry").select("id").where("path", "=", path).executeTakeFirstOrThrow()).id;
  const find = async (...found: string[]) => {
    await writeNames(store, kvMount("secret"), found, AT);
  };
  await find(...paths);
  return {
    store,
    find,
    idOf,
    own: async (path, ownerTeam, by = ERIN) =>
      confirmMetadata(store, { entryId: await idOf(path), values: { ownerTeam }, by, now: AT }),
    guess: async (path, value) => {
      const words = { field: "ownerTeam", value, source: "rules", evidence: "a guess", confidence: 0.5 };
      await store
        .insertInto("metadataSuggestion")
        .values({ entryId: await idOf(path), ...words, suggestedAt: AT })
        .execute();
    },
    ask: async (path, requester, status = "waiting", at = AT) => {
      const { content } = sampleRequest();
      const source = { ...content.source, path };
      const envelope: Envelope = {
        ...{ v: 1, id: randomUUID(), kind: "migration-request", producer: "test", producedAt: at.toISOString() },
        ...{ replaces: null, content: { ...content, source, requester } },
      };
      const { id } = await store
        .insertInto("request")
        .values({
          id: sql<string>`'RQ-' || nextval('request_number')`,
          ...{ envelopeId: envelope.id, status, entryId: await idOf(path), requester },
          ...{
            content: JSON.stringify(envelope),
            places: [],
            signature: "",
            keyId: "",
            vaultVersion: 7,
            changes: "[]",
          },
          ...{ createdAt: at, changedAt: at, expiresAt: new Date(at.getTime() + 86_400_000) },
        })
        .returning("id")
        .executeTakeFirstOrThrow();
      return id;
    },
  };
}
