import { appendEvent } from "../audit/append-event.ts";
import { lockEntry } from "../catalog/lock-entry.ts";
import type { Store } from "../store/open-store.ts";
import { enqueueRedraw } from "../store/outbox.ts";
import { type OwnerWords, readOwnerWords, standingOwner } from "./owner-words.ts";
import { AlreadyDisclaimedError, AlreadyOwnedError, NotInTeamError, TeamUnknownError } from "./ownership-errors.ts";
import { contradict, recordOwner, settle } from "./record-owner.ts";
import { type Team, type TeamDeps, teamNamed } from "./team.ts";

export interface OwnershipDeps extends TeamDeps {
  readonly store: Store;
  readonly now: () => Date;
}

export interface OwnerClick {
  readonly entryId: number;
  /** Slack user id. */
  readonly userId: string;
  /** Name or alias of a team that the person is in. */
  readonly team: string;
}

/**
 * "That's mine": a member confirms that the entry is the team's. What spoke against the team is settled by it; the team
 * that was the owner until then is not forgotten: it stands beside as one that said so before.
 * @throws {TeamUnknownError} {NotInTeamError} {EntryUnknownError} {AlreadyOwnedError}
 */
export async function claimEntry(deps: OwnershipDeps, click: OwnerClick): Promise<void> {
  await speakForTeam(deps, click, "claimed", async (tx, { team, words, at }) => {
    const { confirmed } = words;
    const owner = standingOwner(words);
    if (owner?.team === team) throw new AlreadyOwnedError(team, owner.by);
    const { entryId, userId: by } = click;
    // Who was disowned by their own team is no rival.
    await settle(tx, { entryId, kind: "not-ours", by, at });
    await settle(tx, { entryId, kind: "ours-too", team, by, at });
    if (owner !== null)
      await contradict(tx, { entryId, team: owner.team, kind: "ours-too", by: owner.by, at: owner.at });
    await recordOwner(tx, { entryId, team, by, at });
    return { team, ...(confirmed !== null && { before: confirmed.team }) };
  });
}

/**
 * "Not mine": a member says that the entry is not the team's, which stays beside the owner field until somebody's claim
 * or support's word settles it. Where another team said before that it is theirs, that word counts again.
 * @throws {TeamUnknownError} {NotInTeamError} {EntryUnknownError} {AlreadyDisclaimedError}
 */
export async function disclaimEntry(deps: OwnershipDeps, click: OwnerClick): Promise<void> {
  await speakForTeam(deps, click, "disclaimed", async (tx, { team, words, at }) => {
    const said = words.contradictions.find((one) => one.kind === "not-ours" && one.team === team);
    if (said) throw new AlreadyDisclaimedError(team, said.by);
    const { entryId, userId: by } = click;
    await settle(tx, { entryId, kind: "ours-too", team, by, at });
    const rivals = words.contradictions.filter((one) => one.kind === "ours-too" && one.team !== team);
    const [rival] = rivals;
    if (words.confirmed?.team === team && rival !== undefined && rivals.length === 1) {
      await settle(tx, { entryId, kind: "ours-too", team: rival.team, by, at });
      await recordOwner(tx, { entryId, team: rival.team, by: rival.by, at: rival.at });
    }
    await contradict(tx, { entryId, team, kind: "not-ours", by, at });
    return { team };
  });
}

interface Spoken {
  /** As the rules name it. */
  readonly team: string;
  readonly words: OwnerWords;
  readonly at: Date;
}

/** One at a time for each entry: two clicks at once would both find it free. */
async function speakForTeam(
  { store, now, teams, membership }: OwnershipDeps,
  { entryId, userId, team: named }: OwnerClick,
  verb: string,
  record: (tx: Store, spoken: Spoken) => Promise<Record<string, string>>,
): Promise<void> {
  const team: Team | null = teamNamed(teams, named);
  if (team === null) throw new TeamUnknownError();
  if (!(await membership.isMember(team.members, userId))) throw new NotInTeamError(team);
  await store.transaction().execute(async (tx) => {
    await lockEntry(tx, entryId);
    const at = now();
    const words = await readOwnerWords(tx, teams, entryId);
    const content = await record(tx, { team: team.name, words, at });
    const subject = `entry:${entryId}`;
    await enqueueRedraw(tx, subject);
    await appendEvent(tx, at, { kind: `owner.${verb}`, actor: userId, subject, content });
  });
}
