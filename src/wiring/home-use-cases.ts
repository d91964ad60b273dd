import type { HomeActs } from "../../handlers/home.ts";
import type { Reporting } from "../../handlers/reporting.ts";
import type { SettleOwnerDeps } from "../../handlers/settle-owner.ts";
import { describeEntry } from "../catalog/describe-entry.ts";
import { isVisible, resolveViewer, SEES_ALL, type VisibilityRule } from "../catalog/visibility.ts";
import { GloveboxError } from "../errors.ts";
import type { DrawHomesDeps } from "../home/draw-homes.ts";
import type { HomePerson } from "../home/home-person.ts";
import { askForHome } from "../home/keep-homes.ts";
import type { Members, Membership } from "../membership.ts";
import { readOwnerWords } from "../metadata/owner-words.ts";
import { type Team, teamsOf } from "../metadata/team.ts";
import { loadWaveState } from "../migration/waves/load-wave-state.ts";
import { homeView } from "../slack/home-view.ts";
import type { OwnerQuestion } from "../slack/settle-modal.ts";
import type { ViewSettings } from "../slack/view-settings.ts";
import type { Store } from "../store/open-store.ts";
import { NotStaffError } from "../support/errors.ts";
import { loadCaseState } from "../support/load-case-state.ts";
import { settleOwner } from "../support/settle-owner.ts";

export interface HomeParts {
  readonly store: Store;
  readonly reporting: Reporting;
  readonly settings: ViewSettings;
  readonly teams: readonly Team[];
  readonly approvers: Members;
  readonly staff: Members;
  readonly maxPerHour: number;
  /** As fresh as what is shown must be. */
  readonly directory: Membership;
  /** As it is at the click. */
  readonly membership: Membership;
  readonly visibility: readonly VisibilityRule[];
  /** Operators see every name, as staff and approvers do. */
  readonly operators: Members;
}

/** Binds the Home tab: what people do in it, and how it is drawn. */
export function homeUseCases(parts: HomeParts): { handling: HomeActs & SettleOwnerDeps; drawing: DrawHomesDeps } {
  const { store, reporting, settings, directory, membership, teams, staff, maxPerHour } = parts;
  const { desk, now, log } = reporting;
  const isStaff = (userId: string) => directory.isMember(staff, userId);
  return {
    handling: {
      ...{ ...reporting, settings },
      askForHome: (userId, place) => askForHome(store, userId, place),
      loadWaveState: (name) => loadWaveState(store, name, { at: now(), maxPerHour }),
      loadCaseView: (caseId) => loadCaseState(store, caseId),
      isStaff,
      askWhose: async (entryId, userId) => {
        if (!(await membership.isMember(staff, userId))) throw new NotStaffError("settle whose a secret is", staff);
        return askWhose(store, teams, entryId);
      },
      settleOwner: (input) => settleOwner({ store, now, membership, teams, staff }, input),
    },
    drawing: {
      ...{ store, now, log, limits: settings.limits },
      resolvePerson: (userId) => resolvePerson(parts, userId),
      publish: (state, hash) => desk.publishHome(state.person.userId, homeView(state), hash),
    },
  };
}

async function askWhose(store: Store, teams: readonly Team[], entryId: number): Promise<OwnerQuestion> {
  const { fullPath } = await describeEntry(store, entryId, SEES_ALL); // staff see every name
  const { confirmed, contradictions } = await readOwnerWords(store, teams, entryId);
  const words = [...contradictions, ...(confirmed === null ? [] : [{ kind: "owner" as const, ...confirmed }])];
  return { entryId, fullPath, words, teamNames: teams.map(({ name }) => name) };
}

async function resolvePerson(parts: HomeParts, userId: string): Promise<HomePerson> {
  const { teams, approvers, staff, operators, directory, visibility } = parts;
  const viewer = await resolveViewer(
    { rules: visibility, membership: directory, seeAll: [staff, operators, approvers] },
    userId,
  );
  const visible = isVisible(viewer);
  try {
    const [own, isApprover, isStaff] = await Promise.all([
      teamsOf({ teams, membership: directory }, userId),
      directory.isMember(approvers, userId),
      directory.isMember(staff, userId),
    ]);
    return { userId, teams: own, isApprover, isStaff, visible, areGroupsUnknown: false };
  } catch (error) {
    if (!(error instanceof GloveboxError)) throw error;
    return { userId, teams: [], isApprover: false, isStaff: false, visible, areGroupsUnknown: true };
  }
}
