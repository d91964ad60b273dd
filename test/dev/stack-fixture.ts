// Started by stack.test.ts in a process of its own, to be killed there.
import { guardPid } from "../../dev/processes/guard.ts";
import { startStack } from "../../dev/stack.ts";

const [runDir = ""] = process.argv.slice(2);
await startStack({ runDir, only: ["vault", "redis"], environment: {} });
console.log(JSON.stringify({ guardPid: guardPid() }));
setInterval(() => undefined, 1_000);
