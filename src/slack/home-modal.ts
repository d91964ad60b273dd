import { CALLBACK } from "./action-ids.ts";
import { LIMITS } from "./block-kit-limits.ts";
import type { Block, ModalView } from "./blocks.ts";
import { modal } from "./intake-modal.ts";

/** What a row of the Home tab stands for, in front of the tab: a DM would arrive where nobody is looking. */
export const homeModal = (title: string, blocks: readonly Block[]): ModalView => ({
  ...modal(CALLBACK.homeShown, title, null),
  blocks: blocks.slice(0, LIMITS.viewBlocks),
});
