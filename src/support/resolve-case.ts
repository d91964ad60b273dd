import { type CaseClick, moveCase, type SupportDeps } from "./move-case.ts";

/**
 * A supporter closes a case, claimed or not. The person who asked can't: the staff say when it is done.
 * @throws {CaseNotFoundError} {NotStaffError} {CaseChangedError}
 */
export async function resolveCase(deps: SupportDeps, click: CaseClick): Promise<void> {
  await moveCase(deps, click, "resolve", ["open", "claimed"], { status: "resolved", resolvedBy: click.by });
}
