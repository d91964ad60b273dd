import type { App } from "@slack/bolt";
import type { OwnerClick } from "../src/metadata/claim-entry.ts";
import { NotInTeamError } from "../src/metadata/ownership-errors.ts";
import type { Team } from "../src/metadata/team.ts";
import { ACTION, CALLBACK, INPUT } from "../src/slack/action-ids.ts";
import type { Message } from "../src/slack/blocks.ts";
import { findModal } from "../src/slack/find-modal.ts";
import { readInputs } from "../src/slack/inputs.ts";
import { readTeamMemory, type TeamVerb, teamCard, teamModal, teamNotice } from "../src/slack/team-modal.ts";
import { answerBlocks, whatMessage } from "../src/slack/what-message.ts";
import { type AnswerDeps, viewOf } from "./answering.ts";
import { placeOf } from "./ask.ts";
import { type Click, onClick } from "./clicks.ts";
import { explainFailures } from "./explain-failures.ts";

export interface OwnershipDeps extends AnswerDeps {
  /** Asked of Slack at this moment. */
  teamsOf(userId: string): Promise<readonly Team[]>;
  claimEntry(click: OwnerClick): Promise<unknown>;
  disclaimEntry(click: OwnerClick): Promise<unknown>;
}

/** "That's mine" and "Not mine": a person speaks for their team, and the card says so. */
export function registerOwnership(app: App, deps: OwnershipDeps): void {
  onClick(app, deps, ACTION.ownClaim, (click) => speakFor(deps, "claim", click));
  onClick(app, deps, ACTION.ownDisclaim, (click) => speakFor(deps, "disclaim", click));

  app.view({ callback_id: CALLBACK.ownTeam, type: "view_submission" }, async ({ ack, body, view }) => {
    await ack({ response_action: "update", view: teamNotice("Recording it …") });
    const answer = (message: Message) => deps.desk.updateView(view.id, teamNotice(message.text));
    await explainFailures({ log: deps.log, answer }, async () => {
      const { entryId, verb } = readTeamMemory(view.private_metadata);
      const userId = body.user.id;
      await record(deps, verb, { entryId, userId, team: readInputs(view).get(INPUT.ownerTeam) ?? "" });
      const card = await viewOf(deps, entryId, await deps.viewerOf(userId));
      await deps.desk.updateView(view.id, teamCard(answerBlocks({ ...card, isApart: true })));
    });
  });
}

async function speakFor(deps: OwnershipDeps, verb: TeamVerb, click: Click): Promise<void> {
  const { userId, triggerId, value, viewId, channel } = click;
  const entryId = Number(value.id);
  const [viewer, teams] = await Promise.all([deps.viewerOf(userId), deps.teamsOf(userId)]);
  const before = await viewOf(deps, entryId, viewer); // refuses what this person may not see
  const [team, ...others] = teams;
  if (team === undefined) throw new NotInTeamError(null);
  if (others.length > 0) {
    const modal = teamModal({ entryId, verb, teams, path: before.answer.entry.source });
    await (viewId === null ? deps.desk.openView(triggerId, modal) : deps.desk.pushView(triggerId, modal));
    return;
  }
  await record(deps, verb, { entryId, userId, team: team.name });
  const after = { ...(await viewOf(deps, entryId, viewer)), ...placeOf(channel) };
  if (viewId === null) await click.redraw(whatMessage(after));
  else await deps.desk.updateView(viewId, findModal(answerBlocks(after)));
}

const record = ({ claimEntry, disclaimEntry }: OwnershipDeps, verb: TeamVerb, said: OwnerClick): Promise<unknown> =>
  verb === "claim" ? claimEntry(said) : disclaimEntry(said);
