import type { AdminSession, ReaderSession } from "../../src/migration/lease-broker.ts";
import type { MigrateDeps } from "../../src/migration/migrate-deps.ts";
import { TargetAccessDeniedError } from "../../src/migration/target-errors.ts";

/** What a worker does at one point of its run; `killAt` and `failAt` name points as `pointsOf` lists them. */
export interface PointHooks {
  /**
   * Hears every point right after its effect: the engine's own, and each answer of Vault, AWS and the gate. These answers
   * wait for what it returns; the engine's own points do not.
   */
  readonly reached: (point: string) => unknown;
  /** Asked before each call to a server: an error to throw in place of the call. */
  readonly failure?: (point: string) => Error | undefined;
}

/**
 * The worker's deps, with a named point after each outside effect: "admin.mint", "target.create", "target.read#2" for the
 * second one. Between two points lies nothing but this process's own memory, so they are all the places for a crash.
 */
export function withPoints(deps: MigrateDeps, { reached, failure }: PointHooks): MigrateDeps {
  const counts = new Map<string, number>();
  const numbered = (name: string): string => {
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    return count === 1 ? name : `${name}#${count}`;
  };
  const watch = <T extends object>(object: T, name: string, wrap: (result: unknown) => unknown = (same) => same): T =>
    new Proxy(object, {
      get(target, key) {
        const member: unknown = Reflect.get(target, key);
        if (typeof member !== "function") return member;
        return async (...args: unknown[]) => {
          const point = numbered(`${name}.${String(key)}`);
          const error = failure?.(point);
          if (error) throw error;
          const result: unknown = await member.apply(target, args);
          await reached(point);
          return wrap(result);
        };
      },
    });
  const isReader = (result: unknown): result is ReaderSession =>
    typeof result === "object" && result !== null && "proveGrant" in result;
  const watchReader = (result: unknown): unknown => (isReader(result) ? watch(result, "reader") : result);
  const watchAdmin = (result: unknown): unknown => watch(result as AdminSession, "admin", watchReader);
  return {
    ...deps,
    broker: watch(deps.broker, "broker", watchAdmin),
    target: watch(deps.target, "target"),
    askGate: async (question, askWith) => {
      const id = await deps.askGate(question, askWith);
      await reached(numbered(`gate.${question.kind}`));
      return id;
    },
    trace: (point) => void reached(numbered(point)),
  };
}

/** What the engine gets when AWS says no: a failure that no waiting mends, so that it takes back what it wrote. */
export function denial(operation: string): Error {
  return new TargetAccessDeniedError({ operation, target: { region: "eu-central-1", name: "practice" } });
}
