import type { Adoption, RequestContent, TargetRef, ValueShape } from "../src/approvals/content.ts";
import type { EntryDescription } from "../src/catalog/describe-entry.ts";
import type { FindResult } from "../src/catalog/find-entries.ts";
import type { Viewer } from "../src/catalog/visibility.ts";
import type { TagOverflow } from "../src/migration/custom-metadata-tags.ts";
import type { RequestState } from "../src/migration/request-state.ts";
import type { IntakeSuggestion } from "../src/slack/intake-modal.ts";
import type { FormFault } from "../src/slack/read-intake-form.ts";
import type { AllowedTarget, ViewSettings } from "../src/slack/view-settings.ts";
import type { Reporting } from "./reporting.ts";

export interface PreflightInput {
  readonly entryId: number;
  readonly target: TargetRef;
  readonly tags: Readonly<Record<string, string>>;
  readonly shape: ValueShape;
  readonly adopt: Adoption | null;
}

export interface RequestDeps extends Reporting {
  readonly settings: ViewSettings;
  /** What this person may not see, asked anew each time. */
  viewerOf(userId: string): Promise<Viewer>;
  findEntries(text: string, viewer: Viewer): Promise<FindResult>;
  describeEntry(entryId: number, viewer: Viewer): Promise<EntryDescription>;
  /** Looks again in Vault, metadata only. */
  refreshEntry(entryId: number, viewer: Viewer): Promise<EntryDescription>;
  suggestMetadata(
    entryId: number,
  ): Promise<{ readonly suggestions: readonly IntakeSuggestion[]; readonly note: string | null }>;
  preflight(input: PreflightInput): Promise<readonly FormFault[]>;
  /** What stands at the wished names and is not from this path, as it is now. */
  findForeignTargets(wish: Pick<PreflightInput, "entryId" | "target" | "shape">): Promise<readonly Adoption[]>;
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
