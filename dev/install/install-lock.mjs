import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { say } from "./run-command.mjs";

/**
 * Runs `work` while nobody else holds the same lock file. The file names its holder; one whose holder has died
 * (kill -9) is taken over.
 */
export async function withLock(step, file, work) {
  mkdirSync(dirname(file), { recursive: true });
  const mine = `${file}.${process.pid}`;
  writeFileSync(mine, JSON.stringify({ pid: process.pid, startedAt: startTimeOf(process.pid) }));
  let hasSaid = false;
  // A link appears with its content or not at all: nobody ever reads an empty lock.
  while (!tryLink(mine, file)) {
    const holder = readHolder(file);
    if (holder && isAlive(holder)) {
      if (!hasSaid) say(step, `another install (process ${holder.pid}) is at work, waiting for it`);
      hasSaid = true;
      await delay(300);
    } else takeAway(file, holder);
  }
  const release = () => {
    if (readHolder(file)?.pid === process.pid) rmSync(file, { force: true });
    rmSync(mine, { force: true });
  };
  process.on("exit", release);
  try {
    return await work();
  } finally {
    process.off("exit", release);
    release();
  }
}

/** Removes a dead holder's lock, and gives back what it took if a living one was quicker. */
function takeAway(file, dead) {
  const aside = `${file}.stale-${process.pid}`;
  try {
    renameSync(file, aside);
  } catch {
    return; // somebody else took it away
  }
  const taken = readHolder(aside);
  if (taken && dead?.pid !== taken.pid && isAlive(taken)) tryLink(aside, file);
  rmSync(aside, { force: true });
}

function tryLink(from, to) {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (error.code === "EEXIST") return false;
    throw error;
  }
}

function readHolder(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}

function isAlive({ pid, startedAt }) {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (error.code !== "EPERM") return false;
  }
  return startTimeOf(pid) === startedAt; // else the number was given to another process
}

/** Linux only; elsewhere null for everybody, and the pid alone decides. */
function startTimeOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? null;
  } catch {
    return null;
  }
}
