import type { SecretTarget } from "./secret-target.ts";

/**
 * The target as the holder of a fence may use it: looks are free, and before each change `assertHeld` must not throw. A
 * worker that was stopped and wakes up under a successor then changes nothing that the successor made.
 */
export function fencedTarget(target: SecretTarget, assertHeld: () => Promise<void>): SecretTarget {
  const fenced =
    <A extends unknown[], R>(change: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      await assertHeld();
      return change(...args);
    };
  return {
    describe: target.describe,
    read: target.read,
    readPolicy: target.readPolicy,
    create: fenced(target.create),
    put: fenced(target.put),
    applySettings: fenced(target.applySettings),
    removePolicy: fenced(target.removePolicy),
    removeReplicas: fenced(target.removeReplicas),
    setTags: fenced(target.setTags),
    removeTags: fenced(target.removeTags),
    scheduleDeletion: fenced(target.scheduleDeletion),
    restore: fenced(target.restore),
    moveCurrent: fenced(target.moveCurrent),
    removeStage: fenced(target.removeStage),
  };
}
