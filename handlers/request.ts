import { setTimeout as delay } from "node:timers/promises";
import type { App, ViewSubmitAction } from "@slack/bolt";
import type { RequestContent, TargetRef, ValueShape } from "../src/approvals/content.ts";
import type { EntryDescription } from "../src/catalog/describe-entry.ts";
import type { FindResult } from "../src/catalog/find-entries.ts";
import { GloveboxError } from "../src/errors.ts";
import type { TagOverflow } from "../src/migration/custom-metadata-tags.ts";
import type { RequestState } from "../src/migration/request-state.ts";
import { ACTION, CALLBACK, INPUT } from "../src/slack/action-ids.ts";
import type { Message } from "../src/slack/blocks.ts";
import { readInputs } from "../src/slack/inputs.ts";
import {
  type IntakeAnswers,
  type IntakeSuggestion,
  intakeModal,
  intakeNotice,
  intakeSecretModal,
  intakeSkeleton,
  readIntakeMemory,
} from "../src/slack/intake-modal.ts";
import {
  answersOf,
  type FieldErrors,
  type FormFault,
  faultsByField,
  readIntakeForm,
} from "../src/slack/read-intake-form.ts";
import { requestCard } from "../src/slack/request-card.ts";
import type { AllowedTarget, ViewSettings } from "../src/slack/view-settings.ts";
import { nearestMessage } from "../src/slack/what-message.ts";
import type { MigrateAsk } from "./ask.ts";
import { onClick } from "./clicks.ts";
import { explainFailures } from "./explain-failures.ts";
import { fieldErrorsOf } from "./field-errors.ts";
import type { Reporting } from "./reporting.ts";

export interface PreflightInput {
  readonly entryId: number;
  readonly target: TargetRef;
  readonly tags: Readonly<Record<string, string>>;
  readonly shape: ValueShape;
}

export interface RequestDeps extends Reporting {
  readonly settings: ViewSettings;
  findEntries(text: string): Promise<FindResult>;
  describeEntry(entryId: number): Promise<EntryDescription>;
  /** Looks again in Vault, metadata only. */
  refreshEntry(entryId: number): Promise<EntryDescription>;
  suggestMetadata(
    entryId: number,
  ): Promise<{ readonly suggestions: readonly IntakeSuggestion[]; readonly note: string | null }>;
  preflight(input: PreflightInput): Promise<readonly FormFault[]>;
  suggestTargetName(source: EntryDescription["source"], rule: AllowedTarget): string;
  /** Signs the form and puts it on its way. `said` is what the person said of the secret, by field. */
  sendRequest(form: {
    content: RequestContent;
    replaces: string | null;
    entryId: number;
    said: Readonly<Record<string, string>>;
    overflow: TagOverflow;
  }): Promise<{ envelopeId: string }>;
  loadRequestState(requestId: string): Promise<RequestState | null>;
}

// A trigger lives 3 s, and so does the ack of a submitted form: what takes longer is waited for afterwards or not at all.
const LOOK_UP_WITHIN_MS = 1_200;
const PREFLIGHT_WITHIN_MS = 1_800;

/** Asking for a migration: the modal, its submit, and the buttons that open it. */
export function registerRequest(app: App, deps: RequestDeps): void {
  const { desk, settings } = deps;
  onClick(app, deps, ACTION.menuMigrate, ({ triggerId }) => desk.openView(triggerId, intakeSecretModal("")));
  onClick(app, deps, ACTION.askMigrate, async ({ triggerId, value }) => {
    const { viewId } = await desk.openView(triggerId, intakeSkeleton("this secret"));
    await fillForm(deps, viewId, { entryId: Number(value.id), earlier: null, replaces: null });
  });
  for (const actionId of [ACTION.edit, ACTION.again]) {
    onClick(app, deps, actionId, async ({ triggerId, value, answer, userId }) => {
      const earlier = await deps.loadRequestState(value.id);
      const isEdit = actionId === ACTION.edit;
      if (!earlier || (isEdit && (earlier.status !== "waiting" || earlier.requester !== userId))) {
        // What it became since the button was drawn says why there is nothing to edit.
        if (earlier) await answer(requestCard(earlier, { audience: "anyone", settings }));
        return;
      }
      const { viewId } = await desk.openView(triggerId, intakeSkeleton(earlier.id));
      await fillForm(deps, viewId, { entryId: earlier.entryId, earlier, replaces: isEdit ? earlier.id : null });
    });
  }
  registerSecretModal(app, deps);
  registerSubmit(app, deps);
}

/** `/secrets migrate [path]`: the form, the nearest names, or the question which secret. */
export async function openIntake(deps: RequestDeps, { text, triggerId, answer }: MigrateAsk): Promise<void> {
  const { desk, findEntries } = deps;
  if (text.trim() === "") {
    await desk.openView(triggerId, intakeSecretModal(""));
    return;
  }
  const finding = findEntries(text);
  const found = await Promise.race([finding, delay(LOOK_UP_WITHIN_MS, null)]);
  if (found && found.kind !== "one") {
    await answer(nearestMessage(text, found, ACTION.askMigrate));
    return;
  }
  const { viewId } = await desk.openView(triggerId, intakeSkeleton(text));
  await fillFound(deps, viewId, text, await finding);
}

async function fillFound(deps: RequestDeps, viewId: string, text: string, found: FindResult): Promise<void> {
  if (found.kind === "one") {
    await fillForm(deps, viewId, { entryId: found.entry.entryId, earlier: null, replaces: null });
    return;
  }
  const near = found.near.map(({ shown }) => shown);
  await deps.desk.updateView(viewId, intakeSecretModal(text, near));
}

interface FormSubject {
  readonly entryId: number;
  /** The request whose answers the form starts with. */
  readonly earlier: RequestState | null;
  readonly replaces: string | null;
}

/** Puts suggestions and pre-flight into the modal that is already open; what goes wrong is said in it. */
async function fillForm(deps: RequestDeps, viewId: string, subject: FormSubject): Promise<void> {
  const { desk, log } = deps;
  const answer = (message: Message) => desk.updateView(viewId, intakeNotice(message.text));
  await explainFailures({ log, answer }, async () => {
    const { entryId, earlier, replaces } = subject;
    const [{ entry, fault }, { suggestions, note }] = await Promise.all([
      lookAgain(deps, entryId),
      deps.suggestMetadata(entryId),
    ]);
    const first = earlier
      ? { answers: answersOf(earlier, deps.settings, deps.now()), fault: null }
      : firstAnswers(deps, entry);
    const { answers } = first;
    const faults = await faultsNow(deps, entryId, answers);
    const { source, currentVersion, keyNames } = entry;
    const form = intakeModal(
      {
        memory: { entryId, replaces },
        ...{ source, currentVersion, keyNames, suggestions, note, answers },
        faults: [fault, first.fault, ...faults].filter((known) => known !== null),
      },
      deps.settings,
    );
    await desk.updateView(viewId, form);
  });
}

/** Vault's own word on the entry; where Vault does not answer, the catalogue's, and that it may be old. */
async function lookAgain({ refreshEntry, describeEntry, log }: RequestDeps, entryId: number) {
  try {
    return { entry: await refreshEntry(entryId), fault: null };
  } catch (error) {
    log.warn({ entryId, code: error instanceof Error ? error.name : "unknown" }, "Vault was not asked again");
    const text = "Vault did not answer just now, so this is what it said when I last looked.";
    return { entry: await describeEntry(entryId), fault: { field: "path", text, blocks: false } as const };
  }
}

function firstAnswers({ settings, suggestTargetName }: RequestDeps, { source }: EntryDescription) {
  const target = settings.targets[0] ?? null;
  const answers = { fields: {}, target, shape: { kind: "document" }, notBefore: null, reason: "" } as const;
  try {
    const name = target === null ? "" : suggestTargetName(source, target);
    return { answers: { ...answers, name }, fault: null };
  } catch (error) {
    if (!(error instanceof GloveboxError)) throw error;
    return {
      answers: { ...answers, name: "" },
      fault: { field: "target", text: error.userMessage, blocks: false } as const,
    };
  }
}

async function faultsNow(deps: RequestDeps, entryId: number, { target, name, shape }: IntakeAnswers) {
  const rule = deps.settings.targets.find(
    ({ accountId, region }) => accountId === target?.accountId && region === target.region,
  );
  if (!rule || name === "") return [];
  const { accountId, region, kmsKeyIds } = rule;
  const ref = { accountId, region, name, kmsKeyId: kmsKeyIds[0] ?? null };
  return judge(deps, { entryId, target: ref, tags: {}, shape });
}

/** AWS not answering is worth a line and no reason to hold a form back: nothing is written before it answers. */
async function judge({ preflight }: RequestDeps, input: PreflightInput): Promise<readonly FormFault[]> {
  try {
    return await preflight(input);
  } catch (error) {
    if (!(error instanceof GloveboxError && error.retryable)) throw error;
    return [{ field: "target", text: error.userMessage, blocks: false }];
  }
}

/** The first page, where the command named no secret: the same modal goes on with the form. */
function registerSecretModal(app: App, deps: RequestDeps): void {
  app.view({ callback_id: CALLBACK.intakeSecret, type: "view_submission" }, async ({ ack, view }) => {
    const text = readInputs(view).get(INPUT.secret) ?? "";
    await ack({ response_action: "update", view: intakeSkeleton(text) });
    const answer = (message: Message) => deps.desk.updateView(view.id, intakeNotice(message.text));
    await explainFailures({ log: deps.log, answer }, async () =>
      fillFound(deps, view.id, text, await deps.findEntries(text)),
    );
  });
}

function registerSubmit(app: App, deps: RequestDeps): void {
  app.view<ViewSubmitAction>({ callback_id: CALLBACK.intake, type: "view_submission" }, async ({ ack, body, view }) => {
    // The ack itself carries errors under fields, so here the work comes first; each part of it is bounded.
    const deedId = body.trigger_id ?? `${view.id}:${view.hash}`;
    const errors = await submitForm(deps, { id: deedId, requester: body.user.id, view }).catch((error: unknown) =>
      fieldErrorsOf(error, deps.log, deps.settings),
    );
    await (Object.keys(errors).length === 0 ? ack() : ack({ response_action: "errors", errors }));
  });
}

interface SubmittedForm {
  /** Unique for each press of Send: a form that came back with errors is sent again from the same view. */
  readonly id: string;
  readonly requester: string;
  readonly view: { readonly private_metadata: string; readonly state: { readonly values: unknown } };
}

async function submitForm(deps: RequestDeps, { id, requester, view }: SubmittedForm): Promise<FieldErrors> {
  const { settings, now } = deps;
  const { entryId, replaces } = readIntakeMemory(view.private_metadata);
  const entry = await deps.describeEntry(entryId);
  const read = readIntakeForm({ inputs: readInputs(view), entry, requester, now: now() }, settings);
  if (read.kind === "faulty") return read.errors;
  const { content, said, overflow } = read;
  const { target, tags, shape } = content;
  // AWS too slow to say: the form is taken, and the engine looks again before it writes.
  const faults = await Promise.race([
    judge(deps, { entryId, target, tags, shape }),
    delay(PREFLIGHT_WITHIN_MS, [] as readonly FormFault[]),
  ]);
  const errors = faultsByField(faults, settings);
  if (Object.keys(errors).length > 0) return errors;
  if (await deps.recordInbox(id, `view ${CALLBACK.intake}`, requester)) {
    await deps.sendRequest({ content, replaces, entryId, said, overflow });
  }
  return {};
}
