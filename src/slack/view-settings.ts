import type { AllowedTarget as TargetRule } from "../migration/allowed-target.ts";
import type { CustomMetadataRule } from "../migration/custom-metadata-tags.ts";
import type { LaneLimits } from "../migration/lane-of.ts";

/** What the organisation decided and views need to know. main builds it from glovebox.yaml. */
export interface ViewSettings {
  /** In the order of the modal. */
  readonly fields: readonly MetadataField[];
  /** In the order of the select; the first is offered. */
  readonly targets: readonly AllowedTarget[];
  readonly approvers: Audience;
  readonly customMetadata: CustomMetadataRule;
  readonly gate: "on" | "off";
  /** What can be lent here at all: paths outside it are said to be of another lane. */
  readonly limits: LaneLimits;
}

export interface MetadataField {
  /** `purpose`, `ownerTeam`, … */
  readonly field: string;
  readonly label: string;
  /** The AWS tag that it becomes. */
  readonly tag: string;
  readonly required: boolean;
  /** Closed list; free text where absent. */
  readonly options?: readonly string[] | undefined;
}

/** The first of its keys is the default. */
export interface AllowedTarget extends TargetRule {
  readonly label?: string | undefined;
}

/** Slack ids. */
export interface Audience {
  readonly users: readonly string[];
  readonly usergroups: readonly string[];
}
