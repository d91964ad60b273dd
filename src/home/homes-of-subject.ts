import { spellingsOf, type Team } from "../metadata/team.ts";
import type { Store } from "../store/open-store.ts";
import { redrawHomes } from "./keep-homes.ts";

/**
 * A subject's cards are drawn again, and so are the Home tabs that show it, or that it is new to.
 * @param subject `request:RQ-1001`, `case:CS-101`, `wave:spring`, `wave-batch:spring_1`, `entry:42`.
 */
export async function redrawHomesOf(store: Store, teams: readonly Team[], subject: string): Promise<void> {
  await redrawHomes(store, [subject, ...(await newTo(store, teams, subject))]);
}

/** Whose lists it may have come into or gone from. */
async function newTo(store: Store, teams: readonly Team[], subject: string): Promise<string[]> {
  const at = subject.indexOf(":");
  const [area, id] = [subject.slice(0, at), subject.slice(at + 1)];
  if (area === "case") return ["staff"];
  if (area === "wave-batch") return ["approvers"];
  if (area === "wave") {
    const wave = await store.selectFrom("wave").select("requester").where("name", "=", id).executeTakeFirst();
    return wave ? [`user:${wave.requester}`] : [];
  }
  if (area === "request") {
    const request = await store
      .selectFrom("request")
      .select(["requester", "entryId"])
      .where("id", "=", id)
      .executeTakeFirst();
    return request ? [`user:${request.requester}`, `entry:${request.entryId}`, "approvers"] : [];
  }
  return area === "entry" ? ["staff", ...(await teamsNamedFor(store, teams, Number(id)))] : [];
}

/** The owner as it is recorded, and every team that spoke of the entry, settled or not. */
async function teamsNamedFor(store: Store, teams: readonly Team[], entryId: number): Promise<string[]> {
  const words = await store.selectFrom("ownerContradiction").select("team").where("entryId", "=", entryId).execute();
  const owner = await store
    .selectFrom("metadataConfirmation")
    .select("value")
    .where("entryId", "=", entryId)
    .where("field", "=", "ownerTeam")
    .executeTakeFirst();
  const spoken = new Set(
    [...words.map(({ team }) => team), owner?.value ?? ""].map((name) => name.trim().toLowerCase()),
  );
  return teams.filter((team) => spellingsOf(team).some((name) => spoken.has(name))).map(({ name }) => `team:${name}`);
}
