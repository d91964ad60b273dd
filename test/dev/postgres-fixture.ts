// Started by postgres.test.ts in a process of its own, to be killed there.
import pg from "pg";
import { startPostgres } from "../../dev/postgres/start-postgres.ts";
import { guardPid } from "../../dev/processes/guard.ts";

const [dataDir = "", logTo = ""] = process.argv.slice(2);
const postgres = await startPostgres({ dataDir, logTo });
const client = new pg.Client({ connectionString: postgres.url });
await client.connect();
await client.query("create table kept (word text)");
await client.query("insert into kept values ('committed')");
console.log(JSON.stringify({ pid: postgres.pid, guardPid: guardPid() }));
setInterval(() => undefined, 1_000);
