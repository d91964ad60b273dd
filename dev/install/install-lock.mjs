import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { say } from "./run-command.mjs";

/**
 * Runs `work` while nobody else holds the same lock file. The file names its holder and the command that it runs; when
 * the holder has died (kill -9) its command is ended and the lock taken over.
 * @template T
 * @param {string} step
 * @param {string} file
 * @param {(noteCommand: (pid: number) => void) => Promise<T>} work Passes the pid of each command that it starts.
 * @returns {Promise<T>}
 */
export async function withLock(step, file, work) {
  mkdirSync(dirname(file), { recursive: true });
  const mine = `${file}.${process.pid}`;
  const me = identityOf(process.pid);
  writeFileSync(mine, JSON.stringify(me));
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
  rmSync(mine);
  const noteCommand = (pid) => {
    writeFileSync(mine, JSON.stringify({ ...me, command: identityOf(pid) }));
    renameSync(mine, file);
  };
  const release = () => rmSync(file, { force: true });
  process.on("exit", release);
  try {
    return await work(noteCommand);
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
  if (taken && taken.pid !== dead?.pid && isAlive(taken)) tryLink(aside, file);
  // npm or go outlive a kill -9 of ours, and would write into the folder that their successor writes into.
  else if (taken?.command && isAlive(taken.command)) process.kill(-taken.command.pid, "SIGKILL");
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

function identityOf(pid) {
  return { pid, startedAt: startTimeOf(pid) };
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
