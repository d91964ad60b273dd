import { describe, expect, it } from "vitest";
import { describeFailure, explainFailures } from "../../handlers/explain-failures.ts";
import { UnsafePathError } from "../../src/catalog/secret-path.ts";
import type { Message } from "../../src/slack/blocks.ts";

function listening() {
  const [answers, lines]: [Message[], string[]] = [[], []];
  const write = (fields: object, words: string) => void lines.push(`${words} ${JSON.stringify(fields)}`);
  const answer = async (message: Message) => void answers.push(message);
  return { answers, lines, report: { log: { info: write, warn: write, error: write }, answer } };
}

describe("explainFailures", () => {
  it("answers a failure of ours in its own words", async () => {
    const { answers, report } = listening();
    await explainFailures(report, () => Promise.reject(new UnsafePathError()));
    expect(answers[0]?.text).toContain("That path has an empty");
  });

  it("answers anything else with a reference that is also in the log, and with nothing of what it said", async () => {
    const { answers, lines, report } = listening();
    await explainFailures(report, () =>
      Promise.reject(new SyntaxError('Unexpected token in "s3cr3t-value"\nmore of s3cr3t-value')),
    );
    const reference = /ref (\w+)\./.exec(answers[0]?.text ?? "")?.[1] ?? "none";
    expect(lines.join("\n")).toContain(reference);
    expect(JSON.stringify([answers, lines])).not.toContain("s3cr3t-value");
  });

  it("does not fail when the answer can't be given", async () => {
    const { lines, report } = listening();
    const answer = () => Promise.reject(new Error("is_archived"));
    await explainFailures({ ...report, answer }, () => Promise.reject(new UnsafePathError()));
    expect(lines.join("\n")).toContain("an answer did not reach its person");
  });

  it("logs the code of an error, and only where it is one", () => {
    expect(describeFailure(Object.assign(new Error("x"), { code: "ECONNREFUSED" }))).toMatchObject({
      code: "ECONNREFUSED",
    });
    expect(describeFailure(Object.assign(new Error("x"), { code: "a value with blanks" }))).toMatchObject({
      code: null,
    });
  });
});
