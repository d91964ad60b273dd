import { type CaseClick, moveCase, type SupportDeps } from "./move-case.ts";

/**
 * A supporter takes an open case.
 * @throws {CaseNotFoundError} {NotStaffError} {CaseChangedError}
 */
export async function claimCase(deps: SupportDeps, click: CaseClick): Promise<void> {
  await moveCase(deps, click, "claim", ["open"], { status: "claimed", claimedBy: click.by });
}
