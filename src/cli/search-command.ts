import { Command, InvalidArgumentError } from "commander";
import type { withStore } from "../wiring/from-environment.ts";
import type { TerminalAnswer } from "./look-up.ts";
import type { SearchOptions } from "./search.ts";

const LIMIT = 20;

/** `glovebox search`. */
export function searchCommand(openStore: typeof withStore, show: (answer: TerminalAnswer) => void): Command {
  return new Command("search")
    .description("search the catalogue: words, a piece of a path, a key name, filters such as owner:payments")
    .argument("[words...]")
    .option("--owner <team>", "what is known as this team's; `unknown`: nobody's")
    .option("--tag <tag>", "custom metadata or a tag of the target: key, value, or key=value")
    .option("--state <state>", "not requested, waiting, approved, migrating, migrated, failed, …, gone, deleted")
    .option("--engine <engine>", "kv-v1, kv-v2, database, …")
    .option("--key <name>", "a key name, or the beginning of one")
    .option("--limit <count>", "how many at most", count, LIMIT)
    .option("--json", "for a program")
    .action((words: string[], options: SearchOptions) =>
      openStore(async (store) => {
        const { searchForTerminal } = await import("./search.ts");
        show(await searchForTerminal(store, words, options));
      }),
    );
}

function count(text: string): number {
  if (!/^[1-9]\d{0,2}$/.test(text)) throw new InvalidArgumentError("It takes a whole number from 1 to 999.");
  return Number(text);
}
