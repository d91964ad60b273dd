import type { Command } from "commander";
import type { Store } from "../store/open-store.ts";
import type { TerminalAnswer } from "./look-up.ts";

export interface UsageTerminal {
  readonly withStore: <T>(use: (store: Store) => Promise<T>) => Promise<T>;
  readonly complain: (line: string) => void;
  readonly show: (answer: TerminalAnswer) => void;
}

interface PageOptions {
  readonly limit: string;
  readonly offset?: string;
  readonly json?: boolean;
}

const DAY_MS = 24 * 60 * 60 * 1_000;
// Loaded where they are needed: most commands need none of them.
const lines = () => import("./usage-lines.ts");
const coverage = () => import("../catalog/usage/coverage.ts");
const json = (content: object): TerminalAnswer => ({ ok: true, lines: [JSON.stringify({ v: 1, ...content })] });

/** `glovebox usage import|hot|unused|stragglers|status`. */
export function addUsageCommand(program: Command, terminal: UsageTerminal): void {
  const usage = program.command("usage").description("who uses what in Vault, from its audit log; no value is read");
  addImport(usage, terminal);
  addHot(usage, terminal);
  addUnused(usage, terminal);
  addStragglers(usage, terminal);
  addStatus(usage, terminal);
}

function addImport(usage: Command, { withStore, complain, show }: UsageTerminal): void {
  usage
    .command("import")
    .description("count what is new in audit logs, plain or .gz; nothing counts twice")
    .argument("<files...>", "as Vault's file device wrote them; from S3: fetch them first")
    .option("--json", "for a program")
    .action((files: string[], options: { json?: boolean }) =>
      withStore(async (store) => {
        const { importForTerminal } = await import("./usage-import.ts");
        const command = {
          store,
          ownAuthMount: process.env.VAULT_AUTH_MOUNT || "glovebox",
          now: () => new Date(),
          isTerminal: process.stderr.isTTY === true,
          isJson: options.json === true,
          report: complain,
        };
        show(await importForTerminal(command, files));
      }),
    );
}

function addHot(usage: Command, { withStore, show }: UsageTerminal): void {
  usage
    .command("hot")
    .description("what is read most, by the last 30 days of the log")
    .option("--limit <count>", "how many", "20")
    .option("--json", "for a program")
    .action((options: PageOptions) =>
      withStore(async (store) => {
        const page = pageOf(options);
        if (page === null) return show(WRONG_PAGE);
        const now = new Date();
        const { hotPaths } = await import("../catalog/usage/hot-paths.ts");
        const covered = await (await coverage()).coverageOf(store, now);
        const paths = await hotPaths(store, page.limit, now);
        show(
          options.json
            ? json({ coverage: covered, paths })
            : { ok: true, lines: (await lines()).hotLines(covered, paths) },
        );
      }),
    );
}

function addUnused(usage: Command, { withStore, show }: UsageTerminal): void {
  usage
    .command("unused")
    .description("what nobody read since then; never claimed for a time before the log begins")
    .option("--since <when>", "a date (2026-09-01), or days back (90d)", "30d")
    .option("--limit <count>", "how many", "50")
    .option("--offset <count>", "after how many", "0")
    .option("--json", "for a program")
    .action((options: PageOptions & { since: string }) =>
      withStore(async (store) => {
        const page = pageOf(options);
        if (page === null) return show(WRONG_PAGE);
        const now = new Date();
        const since = momentOf(options.since, now);
        if (since === null)
          return show({ ok: false, lines: ["--since takes a date (2026-09-01), or days back (90d)."] });
        const { unusedEntries } = await import("../catalog/usage/unused-entries.ts");
        const unused = await unusedEntries(store, since, { now, ...page });
        show(options.json ? json(unused) : { ok: true, lines: (await lines()).unusedLines(unused, since) });
      }),
    );
}

function addStragglers(usage: Command, { withStore, show }: UsageTerminal): void {
  usage
    .command("stragglers")
    .description("who still reads in Vault what was moved")
    .option("--limit <count>", "how many secrets", "50")
    .option("--offset <count>", "after how many", "0")
    .option("--json", "for a program")
    .action((options: PageOptions) =>
      withStore(async (store) => {
        const page = pageOf(options);
        if (page === null) return show(WRONG_PAGE);
        const { listStragglers } = await import("../migration/stragglers.ts");
        const covered = await (await coverage()).coverageOf(store, new Date());
        const { entries, hasMore } = await listStragglers(store, page);
        show(
          options.json
            ? json({ coverage: covered, entries, hasMore })
            : { ok: true, lines: (await lines()).stragglerLines(covered, entries, hasMore) },
        );
      }),
    );
}

function addStatus(usage: Command, { withStore, show }: UsageTerminal): void {
  usage
    .command("status")
    .description("which logs were read, what they cover, and how many lines could not be read")
    .option("--json", "for a program")
    .action((options: { json?: boolean }) =>
      withStore(async (store) => {
        const { listLogs } = await import("../catalog/usage/list-logs.ts");
        const stretches = await (await coverage()).listCoverage(store, new Date());
        const logs = await listLogs(store);
        show(
          options.json
            ? json({ coverage: stretches, logs })
            : { ok: true, lines: (await lines()).statusLines(stretches, logs) },
        );
      }),
    );
}

const WRONG_PAGE: TerminalAnswer = { ok: false, lines: ["--limit takes 1 to 10000, --offset 0 or more."] };

function pageOf({ limit, offset = "0" }: PageOptions): { limit: number; offset: number } | null {
  const isRight = /^[1-9]\d{0,4}$/.test(limit) && Number(limit) <= 10_000 && /^\d{1,9}$/.test(offset);
  return isRight ? { limit: Number(limit), offset: Number(offset) } : null;
}

function momentOf(text: string, now: Date): Date | null {
  const [, days] = /^(\d{1,5})d$/.exec(text) ?? [];
  if (days !== undefined) return new Date(now.getTime() - Number(days) * DAY_MS);
  const date = /^\d{4}-\d{2}-\d{2}(T[\d:.]+Z)?$/.test(text) ? new Date(text) : new Date(Number.NaN);
  return Number.isNaN(date.getTime()) ? null : date;
}
