import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

const PROGRAMS = ["chromium", "chromium-browser", "google-chrome"];

/** @throws Error with the next step, when this machine has no Chromium. */
export function findChromium(path: string = process.env.PATH ?? ""): string {
  const folders = [...path.split(delimiter).filter((folder) => folder !== ""), "/usr/bin"];
  const found = PROGRAMS.flatMap((program) => folders.map((folder) => join(folder, program))).find(isRunnable);
  if (found !== undefined) return found;
  throw new Error(
    "There is no Chromium on PATH, so no picture was taken. " +
      "Next step: `apt-get install chromium fonts-noto-color-emoji`, then run the same command again.",
  );
}

function isRunnable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
