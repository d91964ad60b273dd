import { setTimeout as delay } from "node:timers/promises";
import type { App, ViewSubmitAction } from "@slack/bolt";
import type { Adoption, RequestContent } from "../src/approvals/content.ts";
import { GloveboxError } from "../src/errors.ts";
import { CALLBACK, INPUT } from "../src/slack/action-ids.ts";
import { readInputs } from "../src/slack/inputs.ts";
import { readIntakeMemory } from "../src/slack/intake-modal.ts";
import { type FieldErrors, type FormFault, faultsByField, readIntakeForm } from "../src/slack/read-intake-form.ts";
import { fieldErrorsOf } from "./field-errors.ts";
import type { PreflightInput, RequestDeps } from "./request-deps.ts";

// The ack of a submitted form must come within 3 s.
const PREFLIGHT_WITHIN_MS = 1_800;
const LOOK_WITHIN_MS = 900;

/** The form, sent. */
export function registerSubmit(app: App, deps: RequestDeps): void {
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
  const entry = await deps.describeEntry(entryId, await deps.viewerOf(requester));
  const read = readIntakeForm({ inputs: readInputs(view), entry, requester, now: now() }, settings);
  if (read.kind === "faulty") return read.errors;
  const { said, overflow, takesOver } = read;
  const adoption = takesOver ? await adoptionFor(deps, entryId, read.content) : { adopt: null };
  if ("errors" in adoption) return adoption.errors;
  const content = { ...read.content, adopt: adoption.adopt };
  const { target, tags, shape, adopt } = content;
  // AWS too slow to say: the form is taken, and the engine looks again before it writes.
  const faults = await Promise.race([
    judgeWish(deps, { entryId, target, tags, shape, adopt }),
    delay(PREFLIGHT_WITHIN_MS, [] as readonly FormFault[]),
  ]);
  const errors = faultsByField(faults, settings);
  if (Object.keys(errors).length > 0) return errors;
  if (await deps.recordInbox(id, `view ${CALLBACK.intake}`, requester)) {
    await deps.sendRequest({ content, replaces, entryId, said, overflow });
  }
  return {};
}

/** What stands at the name now, to be approved and signed as it is seen here; null where nothing foreign does. */
async function adoptionFor(
  { findForeignTargets }: RequestDeps,
  entryId: number,
  { target, shape }: RequestContent,
): Promise<{ adopt: Adoption | null } | { errors: FieldErrors }> {
  const looking = findForeignTargets({ entryId, target, shape }).catch((error: unknown) => {
    if (error instanceof GloveboxError) return null;
    throw error;
  });
  const foreign = await Promise.race([looking, delay(LOOK_WITHIN_MS, null)]);
  if (foreign === null) {
    const words = "AWS did not say what stands there, so nobody could know what is taken over. Send it once more.";
    return { errors: { [INPUT.taken]: words } };
  }
  const [adopt = null, ...others] = foreign;
  if (others.length === 0) return { adopt };
  const words = `${foreign.length} of these names are taken in AWS, and one request can take over one. Choose other group names.`;
  return { errors: { [INPUT.taken]: words } };
}

/** AWS not answering is worth a line and no reason to hold a form back: nothing is written before it answers. */
export async function judgeWish(
  { preflight }: Pick<RequestDeps, "preflight">,
  input: PreflightInput,
): Promise<readonly FormFault[]> {
  try {
    return await preflight(input);
  } catch (error) {
    if (!(error instanceof GloveboxError && error.retryable)) throw error;
    return [{ field: "target", text: error.userMessage, blocks: false }];
  }
}
