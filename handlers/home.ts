import type { App } from "@slack/bolt";
import { type HomePlace, type HomeSection, parseHomePlace, REASONS } from "../src/home/home-place.ts";
import type { WaveState } from "../src/migration/waves/wave-state.ts";
import { ACTION, homeByAction } from "../src/slack/action-ids.ts";
import { type ModalView, section } from "../src/slack/blocks.ts";
import { BadButtonError } from "../src/slack/button-value.ts";
import { type CaseView, caseCard } from "../src/slack/case-card.ts";
import { findModal } from "../src/slack/find-modal.ts";
import { homeModal } from "../src/slack/home-modal.ts";
import { requestDetails } from "../src/slack/request-details.ts";
import { waveCard } from "../src/slack/wave-card.ts";
import { answerBlocks } from "../src/slack/what-message.ts";
import { type AnswerDeps, viewOf } from "./answering.ts";
import { type Click, onClick } from "./clicks.ts";
import { describeFailure } from "./explain-failures.ts";

export interface HomeActs {
  /** Draws the tab as soon as it is its turn. */
  askForHome(userId: string, place: HomePlace): Promise<unknown>;
  loadWaveState(name: string): Promise<WaveState | null>;
  loadCaseView(caseId: string): Promise<CaseView | null>;
  /** For what is shown only: at each click it is asked again. */
  isStaff(userId: string): Promise<boolean>;
}

export type HomeDeps = AnswerDeps & HomeActs;

/** The Home tab: drawn anew whenever somebody opens it or leafs in it. Other changes draw it from the outbox. */
export function registerHome(app: App, deps: HomeDeps): void {
  app.event("app_home_opened", async ({ event }) => {
    if (event.tab !== "home") return;
    // Nobody can be answered here, so a failure goes to the log alone and the tab stays as it was.
    await deps.askForHome(event.user, parseHomePlace(event.view?.private_metadata)).catch((error: unknown) => {
      deps.log.warn(describeFailure(error), "the Home tab was not drawn");
    });
  });

  for (const actionId of [ACTION.homeNext, ACTION.homePrevious]) {
    onClick(app, deps, actionId, ({ userId, value, memory }) => {
      if (!isSection(value.id)) throw new BadButtonError();
      return deps.askForHome(userId, { ...parseHomePlace(memory), [value.id]: value.version });
    });
  }
  for (const by of ["all", ...REASONS] as const) {
    onClick(app, deps, homeByAction(by), ({ userId, memory }) =>
      deps.askForHome(userId, { ...parseHomePlace(memory), by, secrets: 1 }),
    );
  }
  const show = (actionId: string, viewOfRow: (deps: HomeDeps, click: Click) => Promise<ModalView>) =>
    onClick(app, deps, actionId, async (click) => deps.desk.openView(click.triggerId, await viewOfRow(deps, click)));
  show(ACTION.homeSecret, secretOf);
  show(ACTION.homeRequest, requestOf);
  show(ACTION.homeWave, waveOf);
  show(ACTION.homeCase, caseOf);
}

const isSection = (id: string): id is HomeSection => id === "waiting" || id === "secrets" || id === "requests";

/** The card under the search, so that the next one can be found from there. */
async function secretOf(deps: HomeDeps, { value, userId }: Click): Promise<ModalView> {
  const view = await viewOf(deps, Number(value.id), await deps.viewerOf(userId));
  return findModal(answerBlocks({ ...view, isApart: true }));
}

async function requestOf({ loadRequestState, settings }: HomeDeps, { value }: Click): Promise<ModalView> {
  const request = await loadRequestState(value.id);
  return homeModal(value.id, request ? requestDetails(request, settings).blocks : NOT_ANY_MORE);
}

async function waveOf({ loadWaveState }: HomeDeps, { value, userId }: Click): Promise<ModalView> {
  const wave = await loadWaveState(value.id);
  return homeModal("A wave", wave?.requester === userId ? waveCard(wave, "requester").blocks : NOT_ANY_MORE);
}

async function caseOf({ loadCaseView, isStaff }: HomeDeps, { value, userId }: Click): Promise<ModalView> {
  const view = (await isStaff(userId)) ? await loadCaseView(value.id) : null;
  return homeModal("A case", view ? caseCard(view).blocks : NOT_ANY_MORE);
}

const NOT_ANY_MORE = [section("That is none of what you can see now. Close this, and open the tab again.")];
