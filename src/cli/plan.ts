import { resolve } from "node:path";
import type { SecretsManagerClients } from "../aws/secrets-manager-client.ts";
import { secretsManagerTarget } from "../aws/secrets-manager-target.ts";
import { GloveboxError } from "../errors.ts";
import type { LaneLimits } from "../migration/lane-of.ts";
import { type NameLookUp, nameLookUp } from "../migration/plan/look-up-names.ts";
import { planEstate } from "../migration/plan/plan-estate.ts";
import type { PlanRow } from "../migration/plan/plan-row.ts";
import type { Rules } from "../rules.ts";
import type { Store } from "../store/open-store.ts";
import type { TerminalAnswer } from "./look-up.ts";
import { csvHead, planCsv } from "./plan-csv.ts";
import { planTable } from "./plan-table.ts";
import { FileNotWrittenError, openWholeFile, type WholeFile } from "./whole-file.ts";

export interface PlanOptions {
  readonly csv?: string;
  readonly json?: string;
  readonly lookUp?: boolean;
}

export interface PlanCommand {
  readonly store: Store;
  readonly rules: Pick<Rules, "targets" | "installation" | "metadata">;
  readonly limits: LaneLimits;
  readonly now: () => Date;
  /** Called only to look names up; the command closes what it gets. */
  readonly openAws: () => Pick<SecretsManagerClients, "clientFor" | "callerAccount" | "close">;
  /** Hears now and then how far a look at AWS is. */
  readonly report: (line: string) => void;
}

/** DescribeSecret may be called 10,000 times a second; the connection is the limit, not AWS. */
const CALLS_AT_ONCE = 16;
const REPORT_EVERY = 2_000;

/** `glovebox plan`: the pre-flight of the whole estate, as a table, and row by row in files. */
export async function planForTerminal(command: PlanCommand, options: PlanOptions): Promise<TerminalAnswer> {
  const { csv, json } = options;
  if (csv !== undefined && json !== undefined && resolve(csv) === resolve(json)) {
    return refused("--csv and --json name the same file.");
  }
  if (!options.lookUp) return writePlan(command, options, null);
  const clients = command.openAws();
  try {
    const [rule] = command.rules.targets;
    const account = rule && (await callerAccount(clients, rule.region));
    if (account instanceof GloveboxError) {
      return refused(`AWS did not say which account its credentials belong to (${account.code}).`);
    }
    if (account !== rule?.accountId) {
      // In another account every name would look free.
      return refused(
        `The AWS credentials belong to account ${account}, and names are planned for account ${rule?.accountId}.`,
      );
    }
    const { store, rules } = command;
    const target = secretsManagerTarget({ clientFor: clients.clientFor });
    const lookUp = nameLookUp({ store, target, installation: rules.installation, concurrency: CALLS_AT_ONCE });
    return await writePlan(command, options, lookUp);
  } finally {
    clients.close();
  }
}

async function callerAccount(clients: ReturnType<PlanCommand["openAws"]>, region: string) {
  return clients.callerAccount({ region, name: "" }).catch((error: unknown) => {
    if (error instanceof GloveboxError) return error;
    throw error;
  });
}

/** What the command does once it is known whether AWS is asked. */
async function writePlan(
  { store, rules, limits, now, report }: PlanCommand,
  { csv, json }: Pick<PlanOptions, "csv" | "json">,
  lookUp: NameLookUp | null,
): Promise<TerminalAnswer> {
  const [rule, ...others] = rules.targets;
  if (rule === undefined) return refused("glovebox.yaml names no target.");
  const tagByField = Object.fromEntries(Object.entries(rules.metadata).map(([field, { tag }]) => [field, tag]));
  const files: WholeFile[] = [];
  try {
    const csvFile = csv === undefined ? null : await keep(files, csv);
    const jsonFile = json === undefined ? null : await keep(files, json);
    await csvFile?.write(csvHead());
    await jsonFile?.write('{"v":1,"rows":[');
    let rowCount = 0;
    const take = async (rows: readonly PlanRow[]): Promise<void> => {
      if (rows.length === 0) return;
      await csvFile?.write(planCsv(rows));
      await jsonFile?.write(`${rowCount === 0 ? "" : ","}\n${rows.map((row) => JSON.stringify(row)).join(",\n")}`);
      const before = rowCount;
      rowCount += rows.length;
      const isDue = Math.floor(before / REPORT_EVERY) < Math.floor(rowCount / REPORT_EVERY);
      if (isDue && lookUp !== null) report(`${rowCount.toLocaleString("en-US")} judged`);
    };
    const summary = await planEstate(
      { store, now, lookUp },
      { allowedTargets: rules.targets, limits, rule, tagByField },
      take,
    );
    await jsonFile?.write(`\n],"summary":${JSON.stringify(summary)}}\n`);
    for (const file of files) await file.finish();
    const written = [csv, json].filter((file) => file !== undefined);
    return {
      ok: true,
      lines: [
        ...planTable(summary),
        "",
        ...(others.length === 0
          ? []
          : [`The rules allow ${others.length} more targets; names are for the first alone.`]),
        written.length === 0
          ? "Every verdict with its reasons: --csv FILE or --json FILE."
          : `Every verdict with its reasons (${rowCount.toLocaleString("en-US")} rows) is in ${written.join(" and ")}.`,
      ],
    };
  } catch (error) {
    if (error instanceof FileNotWrittenError) return refused(error.message);
    throw error;
  } finally {
    for (const file of files) await file.abandon();
  }
}

async function keep(files: WholeFile[], path: string): Promise<WholeFile> {
  const file = await openWholeFile(path);
  files.push(file);
  return file;
}

function refused(reason: string): TerminalAnswer {
  return { ok: false, lines: [`No plan was made. ${reason}`] };
}
