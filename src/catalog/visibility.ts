import { type RawBuilder, sql } from "kysely";
import { GloveboxError } from "../errors.ts";
import type { Members, Membership } from "../membership.ts";
import { globPattern, matchesPathGlob, type PathGlob, parsePathGlob } from "./path-glob.ts";

/** `visibility` in glovebox.yaml: whose names are not for everybody. */
export interface VisibilityRule {
  /** Globs over the full path as people type it: see path-glob.ts. */
  readonly paths: readonly string[];
  readonly seenBy: Members;
  /** Whom to ask, in words: "#treasury-help". */
  readonly ask: string;
}

/** What one person may not see, as their groups were when they asked. */
export interface Viewer {
  /** Rules that cover paths of others. */
  readonly hidden: readonly VisibilityRule[];
  /** Rules that cover paths of theirs: one of these is enough to see a path, whatever else covers it. */
  readonly seen: readonly VisibilityRule[];
  /** Why a rule counts as hidden though nobody said so: the directory did not answer. */
  readonly fault: GloveboxError | null;
}

/** For operators' commands on the host, and for what no person sees. */
export const SEES_ALL: Viewer = { hidden: [], seen: [], fault: null };

/** The same words whether or not Vault has anything at the path: they depend on what was typed alone. */
export class PathHiddenError extends GloveboxError {
  readonly code = "PATH_HIDDEN";
  readonly userMessage: string;
  constructor({ ask }: VisibilityRule) {
    super("a visibility rule keeps the path from this person");
    this.userMessage = `A rule of your organisation keeps this part of Vault to certain groups, and you are in none of them, so I can't say whether there is such a secret. Ask ${ask}.`;
  }
}

/**
 * The rule that keeps a path from the viewer, or null. A path that no rule covers is for everybody.
 * @param fullPath Mount and path, as they stand or as somebody typed them.
 */
export function hiddenBy({ hidden, seen }: Viewer, fullPath: string): VisibilityRule | null {
  const rule = hidden.find(({ paths }) => matches(paths, fullPath)) ?? null;
  return rule !== null && seen.some(({ paths }) => matches(paths, fullPath)) ? null : rule;
}

/** @throws {PathHiddenError} {GloveboxError} Who may see it could not be asked, so nobody does. */
export function assertVisible(viewer: Viewer, fullPath: string): void {
  const rule = hiddenBy(viewer, fullPath);
  if (rule !== null) throw viewer.fault ?? new PathHiddenError(rule);
}

/** The same as a condition on `entry.full_path`. */
export function isVisible({ hidden, seen }: Viewer): RawBuilder<boolean> {
  if (hidden.length === 0) return sql<boolean>`true`;
  const patternsOf = (rules: readonly VisibilityRule[]) =>
    sql`${rules.flatMap(({ paths }) => globsOf(paths).map(globPattern))}::text[]`;
  if (seen.length === 0) return sql<boolean>`(entry.full_path ~ any(${patternsOf(hidden)})) is not true`;
  return sql<boolean>`(entry.full_path ~ any(${patternsOf(hidden)}) and not entry.full_path ~ any(${patternsOf(seen)})) is not true`;
}

export interface ViewerDeps {
  readonly rules: readonly VisibilityRule[];
  readonly membership: Membership;
  /** Who sees every name because they work with all of them: support staff, operators, approvers. */
  readonly seeAll: readonly Members[];
}

/**
 * Asks who this person is at this moment. Where the directory does not answer, what depends on it is hidden, and `fault`
 * says so.
 */
export async function resolveViewer({ rules, membership, seeAll }: ViewerDeps, userId: string): Promise<Viewer> {
  if (rules.length === 0) return SEES_ALL;
  let fault: GloveboxError | null = null;
  const isIn = async (members: Members): Promise<boolean> => {
    try {
      return await membership.isMember(members, userId);
    } catch (error) {
      if (!(error instanceof GloveboxError)) throw error;
      fault = error;
      return false;
    }
  };
  const answers = await Promise.all([...seeAll, ...rules.map(({ seenBy }) => seenBy)].map(isIn));
  if (answers.slice(0, seeAll.length).includes(true)) return SEES_ALL;
  const sees = (_: VisibilityRule, place: number): boolean => answers[seeAll.length + place] === true;
  const seen = rules.filter(sees);
  return { hidden: rules.filter((rule) => !seen.includes(rule)), seen, fault };
}

const parsed = new WeakMap<readonly string[], readonly PathGlob[]>();

function globsOf(paths: readonly string[]): readonly PathGlob[] {
  const known = parsed.get(paths) ?? paths.map(parsePathGlob);
  parsed.set(paths, known);
  return known;
}

const matches = (paths: readonly string[], fullPath: string): boolean =>
  globsOf(paths).some((glob) => matchesPathGlob(glob, fullPath));
