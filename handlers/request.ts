import { setTimeout as delay } from "node:timers/promises";
import type { App } from "@slack/bolt";
import type { EntryDescription } from "../src/catalog/describe-entry.ts";
import type { FindResult } from "../src/catalog/find-entries.ts";
import { PathHiddenError, type Viewer } from "../src/catalog/visibility.ts";
import { GloveboxError } from "../src/errors.ts";
import type { RequestState } from "../src/migration/request-state.ts";
import { ACTION, CALLBACK, INPUT } from "../src/slack/action-ids.ts";
import type { Message } from "../src/slack/blocks.ts";
import { readInputs } from "../src/slack/inputs.ts";
import {
  type IntakeAnswers,
  intakeModal,
  intakeNotice,
  intakeSecretModal,
  intakeSkeleton,
} from "../src/slack/intake-modal.ts";
import { matchesMessage } from "../src/slack/matches-message.ts";
import { answersOf, type FormFault } from "../src/slack/read-intake-form.ts";
import { requestCard } from "../src/slack/request-card.ts";
import { olderVersionsOf } from "../src/slack/shape-inputs.ts";
import type { MigrateAsk } from "./ask.ts";
import { onClick } from "./clicks.ts";
import { explainFailures } from "./explain-failures.ts";
import type { RequestDeps } from "./request-deps.ts";
import { judgeWish, registerSubmit } from "./submit-request.ts";
import { badVersionsMessage, readVersionsOption } from "./versions-option.ts";

// A trigger lives 3 s: what takes longer is waited for afterwards.
const LOOK_UP_WITHIN_MS = 1_200;

/** A failed request waits again when its form is sent anew. */
const CHANGEABLE: ReadonlySet<string> = new Set(["waiting", "failed"]);

/** Asking for a migration: the modal, its submit, and the buttons that open it. */
export function registerRequest(app: App, deps: RequestDeps): void {
  const { desk, settings } = deps;
  onClick(app, deps, ACTION.menuMigrate, ({ triggerId }) => desk.openView(triggerId, intakeSecretModal("")));
  onClick(app, deps, ACTION.askMigrate, async ({ triggerId, value, userId, viewId: from }) => {
    const skeleton = intakeSkeleton("this secret");
    // The card may stand in a modal itself.
    const { viewId } = await (from === null ? desk.openView(triggerId, skeleton) : desk.pushView(triggerId, skeleton));
    await fillForm(deps, viewId, { ...NEW, entryId: Number(value.id), askedBy: userId });
  });
  for (const actionId of [ACTION.edit, ACTION.rename, ACTION.again]) {
    onClick(app, deps, actionId, async ({ triggerId, value, answer, userId }) => {
      const earlier = await deps.loadRequestState(value.id);
      const isEdit = actionId !== ACTION.again;
      if (!earlier || (isEdit && !(CHANGEABLE.has(earlier.status) && earlier.requester === userId))) {
        // What it became since the button was drawn says why there is nothing to edit.
        if (earlier) await answer(requestCard(earlier, { audience: "anyone", settings }));
        return;
      }
      const { viewId } = await desk.openView(triggerId, intakeSkeleton(earlier.id));
      const replaces = isEdit ? earlier.id : null;
      const subject = { ...NEW, entryId: earlier.entryId, earlier, replaces, askedBy: userId };
      await fillForm(deps, viewId, subject);
    });
  }
  registerSecretModal(app, deps);
  registerSubmit(app, deps);
}

/** `/secrets migrate [path] [--versions N]`: the form, the nearest names, or the question which secret. */
export async function openIntake(
  deps: RequestDeps,
  { text: typed, triggerId, userId, answer }: MigrateAsk,
): Promise<void> {
  const { desk, viewerOf } = deps;
  const { text, olderVersions } = readVersionsOption(typed);
  if (olderVersions === null) {
    await answer(badVersionsMessage(text));
    return;
  }
  if (text.trim() === "") {
    await desk.openView(triggerId, intakeSecretModal(""));
    return;
  }
  const finding = viewerOf(userId).then((viewer) => findVisible(deps, text, viewer));
  const found = await Promise.race([finding, delay(LOOK_UP_WITHIN_MS, null)]);
  if (found && found.kind !== "one") {
    await answer(matchesMessage({ asked: text, ...found }, ACTION.askMigrate));
    return;
  }
  const { viewId } = await desk.openView(triggerId, intakeSkeleton(text));
  await fillFound(deps, viewId, { text, olderVersions, askedBy: userId }, finding);
}

async function fillFound(
  deps: RequestDeps,
  viewId: string,
  { text, olderVersions, askedBy }: { text: string; olderVersions: number; askedBy: string },
  finding: Promise<VisibleResult>,
): Promise<void> {
  const answer = (message: Message) => deps.desk.updateView(viewId, intakeNotice(message.text));
  await explainFailures({ log: deps.log, answer }, async () => {
    const found = await finding;
    if (found.kind === "one") {
      await fillForm(deps, viewId, { ...NEW, entryId: found.entry.entryId, olderVersions, askedBy });
      return;
    }
    const near = found.near.map(({ shown }) => shown);
    await deps.desk.updateView(viewId, intakeSecretModal(text, near));
  });
}

type VisibleResult = Exclude<FindResult, { kind: "hidden" }>;

/** @throws {PathHiddenError} The same words for every path under a rule, whether or not there is a secret. */
async function findVisible({ findEntries }: RequestDeps, text: string, viewer: Viewer): Promise<VisibleResult> {
  const found = await findEntries(text, viewer);
  if (found.kind === "hidden") throw new PathHiddenError(found.rule);
  return found;
}

interface FormSubject {
  readonly entryId: number;
  /** The request whose answers the form starts with. */
  readonly earlier: RequestState | null;
  readonly replaces: string | null;
  /** Asked for by `--versions`. */
  readonly olderVersions: number;
  /** Slack user id: what they may not see can't be asked for either. */
  readonly askedBy: string;
}

const NEW = { earlier: null, replaces: null, olderVersions: 0 } as const;

/** Puts suggestions and pre-flight into the modal that is already open; what goes wrong is said in it. */
async function fillForm(deps: RequestDeps, viewId: string, subject: FormSubject): Promise<void> {
  const { desk, log } = deps;
  const answer = (message: Message) => desk.updateView(viewId, intakeNotice(message.text));
  await explainFailures({ log, answer }, async () => {
    const { entryId, earlier, replaces, olderVersions, askedBy } = subject;
    const viewer = await deps.viewerOf(askedBy);
    const [{ entry, fault }, { suggestions, note }] = await Promise.all([
      lookAgain(deps, entryId, viewer),
      deps.suggestMetadata(entryId),
    ]);
    const first = earlier
      ? { answers: answersOf(earlier, deps.settings, deps.now()), fault: null }
      : firstAnswers(deps, entry, olderVersions);
    const { answers } = first;
    const faults = await faultsNow(deps, entryId, answers);
    const { source, currentVersion, keyNames } = entry;
    const maxOlderVersions = olderVersionsOf(entry);
    const form = intakeModal(
      {
        memory: { entryId, replaces },
        ...{ source, currentVersion, keyNames, maxOlderVersions, suggestions, note, answers },
        faults: [fault, first.fault, versionsFault(entry, answers), ...faults].filter((known) => known !== null),
      },
      deps.settings,
    );
    await desk.updateView(viewId, form);
  });
}

/** Vault's own word on the entry; where Vault does not answer, the catalogue's, and that it may be old. */
async function lookAgain({ refreshEntry, describeEntry, log }: RequestDeps, entryId: number, viewer: Viewer) {
  try {
    return { entry: await refreshEntry(entryId, viewer), fault: null };
  } catch (error) {
    log.warn({ entryId, code: error instanceof Error ? error.name : "unknown" }, "Vault was not asked again");
    const text = "Vault did not answer just now, so this is what it said when I last looked.";
    return { entry: await describeEntry(entryId, viewer), fault: { field: "path", text, blocks: false } as const };
  }
}

/** More were asked for than Vault can give: said before the form is sent, which offers what there is. */
function versionsFault(entry: EntryDescription, { olderVersions }: IntakeAnswers): FormFault | null {
  const max = olderVersionsOf(entry);
  if (olderVersions <= max) return null;
  const text =
    entry.source.engine === "kv-v2"
      ? `Vault can give ${max} older version${max === 1 ? "" : "s"} of it now, not ${olderVersions}: the others are deleted or no longer kept.`
      : "KV v1 keeps no older versions, so the current value alone can move.";
  return { field: "path", text, blocks: false };
}

function firstAnswers(
  { settings, suggestTargetName }: RequestDeps,
  { source }: EntryDescription,
  olderVersions: number,
): { answers: IntakeAnswers; fault: FormFault | null } {
  const target = settings.targets[0] ?? null;
  const shape = { kind: "document" } as const;
  const answers = { fields: {}, target, shape, olderVersions, takesOver: false, notBefore: null, reason: "" };
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

async function faultsNow(deps: RequestDeps, entryId: number, { target, name, shape, takesOver }: IntakeAnswers) {
  const rule = deps.settings.targets.find(
    ({ accountId, region }) => accountId === target?.accountId && region === target.region,
  );
  if (!rule || name === "") return [];
  const { accountId, region, kmsKeyIds } = rule;
  const ref = { accountId, region, name, kmsKeyId: kmsKeyIds[0] ?? null };
  const foreign = takesOver ? await deps.findForeignTargets({ entryId, target: ref, shape }).catch(() => []) : [];
  return judgeWish(deps, { entryId, target: ref, tags: {}, shape, adopt: foreign[0] ?? null });
}

/** The first page, where the command named no secret: the same modal goes on with the form. */
function registerSecretModal(app: App, deps: RequestDeps): void {
  app.view({ callback_id: CALLBACK.intakeSecret, type: "view_submission" }, async ({ ack, body, view }) => {
    const text = readInputs(view).get(INPUT.secret) ?? "";
    const askedBy = body.user.id;
    await ack({ response_action: "update", view: intakeSkeleton(text) });
    const finding = deps.viewerOf(askedBy).then((viewer) => findVisible(deps, text, viewer));
    await fillFound(deps, view.id, { text, olderVersions: 0, askedBy }, finding);
  });
}
