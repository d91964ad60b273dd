/**
 * Slack's limits on what we send, in UTF-16 units. Nothing local checks them, so every view fits itself to this table.
 * Sources: docs.slack.dev/reference/block-kit, /reference/views/modal-views, the JSDoc of @slack/types; the option value
 * is the smaller of two documented numbers; the whole message is seen, not documented (slackapi/bolt-js #2509).
 */
export const LIMITS = {
  messageBlocks: 50,
  viewBlocks: 100,
  /** `msg_blocks_too_long` was seen at about 13,200. */
  messageTotal: 10_000,
  sectionText: 3_000,
  sectionFields: 10,
  fieldText: 2_000,
  headerText: 150,
  contextElements: 10,
  contextText: 2_000,
  actionsElements: 25,
  buttonText: 75,
  buttonValue: 2_000,
  optionText: 75,
  optionValue: 75,
  selectOptions: 100,
  placeholder: 150,
  inputLabel: 2_000,
  inputHint: 2_000,
  inputText: 3_000,
  modalTitle: 24,
  modalButton: 24,
  privateMetadata: 3_000,
  confirmTitle: 100,
  confirmText: 300,
  confirmButton: 30,
  /** Slack takes 40,000; a notification shows far less. */
  fallbackText: 1_000,
} as const;
