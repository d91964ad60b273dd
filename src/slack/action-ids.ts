/** Every id that Slack sends back to us: `<area>.<verb>`. A view sets it, a handler listens for it. */

export const SECRETS_COMMAND = "/secrets";

/** Buttons. */
export const ACTION = {
  menuFind: "menu.find",
  menuMigrate: "menu.migrate",
  menuMine: "menu.mine",
  menuHelp: "menu.help",
  askWhat: "ask.what",
  askShare: "ask.share",
  askMigrate: "ask.migrate",
  askWhy: "ask.why",
  progressMore: "progress.more",
  progressPrevious: "progress.previous",
  askDetails: "ask.details",
  askMore: "ask.more",
  askBack: "ask.back",
  ownClaim: "own.claim",
  ownDisclaim: "own.disclaim",
  approve: "appr.approve",
  reject: "appr.reject",
  details: "appr.details",
  edit: "req.edit",
  withdraw: "req.withdraw",
  again: "req.again",
  takeOver: "req.takeover",
  rename: "req.rename",
  stop: "req.stop",
  retry: "job.retry",
  undo: "job.undo",
  askSupport: "tri.ask",
  claim: "tri.claim",
  resolve: "tri.resolve",
  waveConfirm: "wave.confirm",
  waveDrop: "wave.drop",
  waveStart: "wave.start",
  wavePause: "wave.pause",
  waveEnd: "wave.end",
  waveExceptions: "wave.exceptions",
  batchLook: "wave.look",
  batchApprove: "wave.approve",
  batchReject: "wave.reject",
  homeNext: "home.next",
  homePrevious: "home.previous",
  homeSecret: "home.secret",
  homeRequest: "home.request",
  homeWave: "home.wave",
  homeCase: "home.case",
  settleOwner: "own.settle",
} as const;

/** The Home tab's filter: ids must differ within a row of buttons. */
export const homeByAction = (reason: string): string => `home.by.${reason}`;

/** Modals. */
export const CALLBACK = {
  find: "ask.find",
  ownTeam: "own.team.pick",
  intake: "req.new",
  /** The same modal before it knows which secret it is about. */
  intakeSecret: "req.secret.pick",
  reject: "appr.reject.submit",
  takeOver: "req.takeover.submit",
  batchSample: "wave.sample",
  batchReject: "wave.reject.submit",
  waveExceptions: "wave.exceptions.page",
  settleOwner: "own.settle.submit",
  /** Nothing is sent from it. */
  homeShown: "home.shown",
} as const;

/** Shortcuts: from anywhere in Slack, and from the menu of a message. */
export const SHORTCUT = { find: "find_secret", what: "what_secret" } as const;

/** Inputs. Block and action share the id: Slack keeps what was typed over an update only if both stay. */
export const INPUT = {
  find: "ask.find.secret",
  secret: "req.secret",
  target: "req.target",
  name: "req.name",
  shape: "req.shape",
  parts: "req.parts",
  olderVersions: "req.versions",
  taken: "req.taken",
  window: "req.window",
  reason: "req.reason",
  rejectCode: "appr.reject.code",
  rejectReason: "appr.reject.reason",
  ownerTeam: "own.team",
} as const;

/** The input of one metadata field: `meta.field.purpose`. */
export const fieldInput = (field: string): string => `meta.field.${field}`;
