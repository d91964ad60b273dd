import { CALLBACK, INPUT } from "./action-ids.ts";
import type { ModalView } from "./blocks.ts";
import { textInput } from "./inputs.ts";
import { modal } from "./intake-modal.ts";

/** Asks which secret someone wants to know about. */
export const findModal = (): ModalView => ({
  ...modal(CALLBACK.find, "Find a secret", "Find"),
  blocks: [
    textInput(INPUT.secret, "Which secret?", {
      max: 1_000,
      placeholder: "secret/team-a/stripe",
      hint: "Mount and path in Vault. Never the value.",
    }),
  ],
});
