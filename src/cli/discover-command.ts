import { Command, InvalidArgumentError } from "commander";
import type { withStore } from "../wiring/from-environment.ts";
import type { TerminalAnswer } from "./look-up.ts";

interface Flags {
  readonly namesOnly?: true;
  readonly full?: true;
  readonly unreadable?: true;
  readonly callsAtOnce: number;
}

/** `glovebox discover`: one crawl, watched; or what the last one could not read. */
export function discoverCommand(openStore: typeof withStore, show: (answer: TerminalAnswer) => void): Command {
  return new Command("discover")
    .description(
      "crawl Vault now, metadata only: what is new, changed, gone, and what can't be read; Ctrl-C keeps what it has",
    )
    .option("--names-only", "names of all mounts and roles alone, which takes a fraction of the time")
    .option("--full", "begin anew, and read key names also where the version is the one that was read before")
    .option("--unreadable", "crawl nothing; print what the last crawl could not read, with the right that is missing")
    .option("--calls-at-once <number>", "calls to Vault at most; its rate limits lower it by themselves", count, 8)
    .action(async (flags: Flags) => {
      if (flags.unreadable) {
        const { unreadableForTerminal } = await import("./crawl-lines.ts");
        await openStore(async (store) => show(await unreadableForTerminal(store)));
        return;
      }
      const { discover } = await import("./discover.ts");
      process.exitCode = await discover(flags);
    });
}

function count(text: string): number {
  if (!/^[1-9]\d{0,2}$/.test(text)) throw new InvalidArgumentError("It takes a whole number from 1 to 999.");
  return Number(text);
}
