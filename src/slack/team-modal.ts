import { z } from "zod";
import { CALLBACK, INPUT } from "./action-ids.ts";
import { LIMITS } from "./block-kit-limits.ts";
import { type Block, context, type ModalView, section } from "./blocks.ts";
import { selectInput } from "./inputs.ts";
import { modal } from "./intake-modal.ts";
import { sayPath } from "./say.ts";

const TeamMemory = z.strictObject({ entryId: z.number().int(), verb: z.enum(["claim", "disclaim"]) });
export type TeamVerb = z.output<typeof TeamMemory>["verb"];

/** @throws {z.ZodError} Not a modal of ours. */
export const readTeamMemory = (privateMetadata: string): z.output<typeof TeamMemory> =>
  TeamMemory.parse(JSON.parse(privateMetadata));

const TITLE = "Whose secret is it?";

/** Asks somebody of several teams for which of them they speak. */
export function teamModal({
  entryId,
  verb,
  teams,
  path,
}: {
  readonly entryId: number;
  readonly verb: TeamVerb;
  readonly teams: readonly { readonly name: string }[];
  readonly path: Parameters<typeof sayPath>[0];
}): ModalView {
  const question = verb === "claim" ? "It belongs to" : "It does not belong to";
  return {
    ...modal(CALLBACK.ownTeam, TITLE, "Record"),
    private_metadata: JSON.stringify({ entryId, verb } satisfies z.output<typeof TeamMemory>),
    blocks: [
      section(sayPath(path, 600)),
      selectInput(
        INPUT.ownerTeam,
        question,
        teams.map(({ name }) => ({ value: name, text: name })),
        { hint: "Your teams, as Slack has them now." },
      ),
      context("It is written down with your name, and the team's other members can take it back."),
    ],
  };
}

/** What is known of the secret after somebody spoke for a team. */
export const teamCard = (card: readonly Block[]): ModalView => ({
  ...modal(CALLBACK.ownTeam, TITLE, null),
  blocks: card.slice(0, LIMITS.viewBlocks),
});

/** One sentence in the same modal. @param text mrkdwn of ours. */
export const teamNotice = (text: string): ModalView => teamCard([section(text)]);
