import { z } from "zod";
import { showName } from "../catalog/show-name.ts";
import { CALLBACK, INPUT } from "./action-ids.ts";
import { lines, type ModalView } from "./blocks.ts";
import { code } from "./escape-mrkdwn.ts";
import { selectInput } from "./inputs.ts";
import { modal } from "./intake-modal.ts";
import { sayTime, sayUser } from "./say.ts";

const SettleMemory = z.strictObject({ entryId: z.number().int() });

/** @throws {z.ZodError} Not a modal of ours. */
export const readSettleMemory = (privateMetadata: string): z.output<typeof SettleMemory> =>
  SettleMemory.parse(JSON.parse(privateMetadata));

export interface OwnerQuestion {
  readonly entryId: number;
  /** `mount/path`, exactly. */
  readonly fullPath: string;
  /** Who said what of whose it is, the oldest first. */
  readonly words: readonly {
    readonly team: string;
    readonly kind: "owner" | "not-ours" | "ours-too";
    readonly by: string;
    readonly at: Date;
  }[];
  readonly teamNames: readonly string[];
}

const SAID = {
  owner: "it belongs to",
  "not-ours": "it does not belong to",
  "ours-too": "before, it belonged to",
} as const;

/** Support says whose a secret is, with all that was said before them. */
export function settleModal({ entryId, fullPath, words, teamNames }: OwnerQuestion): ModalView {
  const said = words
    .slice(0, 10)
    .map(({ team, kind, by, at }) => `• ${sayUser(by)}, ${sayTime(at)}: ${SAID[kind]} ${code(team, 80)}`);
  const named = words.map(({ team }) => team);
  // Those who spoke come first: beyond a hundred Slack shows no more.
  const choices = [...new Set([...named.filter((team) => teamNames.includes(team)), ...teamNames])];
  return {
    ...modal(CALLBACK.settleOwner, "Whose is it?", "Record"),
    private_metadata: JSON.stringify({ entryId }),
    blocks: [
      lines(code(showName(fullPath).shown, 700), ...(said.length > 0 ? said : ["Nobody has said whose it is."])),
      selectInput(
        INPUT.ownerTeam,
        "It belongs to",
        choices.map((team) => ({ value: team, text: team })),
        { hint: "Your word settles what was said before. All of it stays in the audit chain." },
      ),
    ],
  };
}
