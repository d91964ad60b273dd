// A consumer in a process of its own, so that a test can kill it: it takes one message, says so, and never ends it.
import { sqsIntake } from "../../src/queue/sqs-intake.ts";

const options = JSON.parse(process.argv[2] ?? "{}");
sqsIntake({ ...options, log: { warn: () => {} } }).consume(
  (body) => {
    process.stdout.write(body);
    return new Promise(() => {});
  },
  async () => {},
);
