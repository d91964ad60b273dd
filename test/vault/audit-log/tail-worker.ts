import { knownMounts } from "../../../src/catalog/usage/known-mounts.ts";
import { usageLog } from "../../../src/catalog/usage/usage-log.ts";
import { openStore } from "../../../src/store/open-store.ts";
import { auditLineReader } from "../../../src/vault/audit-log/audit-line.ts";
import { tailAuditFile } from "../../../src/vault/audit-log/tail-file.ts";

/** Follows a log in short stretches until it is killed: `node tail-worker.ts <database> <file>`. */
const [url = "", path = ""] = process.argv.slice(2);
const store = openStore(url, () => {}, 2);
const deps = {
  log: usageLog(store, () => new Date()),
  readLine: auditLineReader({ mounts: await knownMounts(store), ownAuthMount: "glovebox" }),
  warn: () => {},
  everyMs: 5,
  stretchLines: 50,
};
await tailAuditFile(deps, path, new AbortController().signal);
