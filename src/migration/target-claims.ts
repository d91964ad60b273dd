import { Envelope, type TargetRef } from "../approvals/content.ts";
import { OPEN_STATUSES } from "../approvals/one-request-per-secret.ts";
import type { RequestStatus } from "../store/schema.ts";

/** A request in one of these holds its target's name: it is on its way there, or has arrived. */
export const CLAIMING_STATUSES: readonly RequestStatus[] = [...OPEN_STATUSES, "migrated"];

/** The target that a request's stored content names, or null where it can't be read. */
export function claimedTarget(content: string): TargetRef | null {
  return Envelope.safeParse(JSON.parse(content)).data?.content.target ?? null;
}

/** Equal for targets that may be one place. Case twins count: whether AWS tells them apart is not documented. */
export function placeKey({ accountId, region, name }: Pick<TargetRef, "accountId" | "region" | "name">): string {
  return `${accountId}\n${region}\n${name.toLowerCase()}`;
}
