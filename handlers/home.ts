import type { App } from "@slack/bolt";
import { type HomePlace, type HomeSection, parseHomePlace, REASONS } from "../src/home/home-place.ts";
import type { WaveState } from "../src/migration/waves/wave-state.ts";
import { ACTION, homeByAction } from "../src/slack/action-ids.ts";
import type { Message } from "../src/slack/blocks.ts";
import { BadButtonError } from "../src/slack/button-value.ts";
import { type CaseView, caseCard } from "../src/slack/case-card.ts";
import { shortMessage } from "../src/slack/refusal-message.ts";
import { waveCard } from "../src/slack/wave-card.ts";
import { type Click, onClick } from "./clicks.ts";
import { describeFailure } from "./explain-failures.ts";
import type { Reporting } from "./reporting.ts";

export interface HomeDeps extends Reporting {
  /** Draws the tab as soon as it is its turn. */
  askForHome(userId: string, place: HomePlace): Promise<unknown>;
  loadWaveState(name: string): Promise<WaveState | null>;
  loadCaseView(caseId: string): Promise<CaseView | null>;
  /** For what is shown only: at each click it is asked again. */
  isStaff(userId: string): Promise<boolean>;
}

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
  onClick(app, deps, ACTION.homeWave, async (click) => click.answer(await waveOf(deps, click)));
  onClick(app, deps, ACTION.homeCase, async (click) => click.answer(await caseOf(deps, click)));
}

const isSection = (id: string): id is HomeSection => id === "waiting" || id === "secrets" || id === "requests";

async function waveOf({ loadWaveState }: HomeDeps, { value, userId }: Click): Promise<Message> {
  const wave = await loadWaveState(value.id);
  return wave?.requester === userId ? waveCard(wave, "requester") : shortMessage("That wave is not in your name.");
}

async function caseOf({ loadCaseView, isStaff }: HomeDeps, { value, userId }: Click): Promise<Message> {
  const view = (await isStaff(userId)) ? await loadCaseView(value.id) : null;
  return view === null ? shortMessage("That case is none that you can see now.") : caseCard(view);
}
