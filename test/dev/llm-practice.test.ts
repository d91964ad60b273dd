import OpenAI, { APIConnectionTimeoutError, BadRequestError, InternalServerError } from "openai";
import { LengthFinishReasonError } from "openai/error";
import { zodResponseFormat, zodTextFormat } from "openai/helpers/zod";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { type PracticeLlm, startPracticeLlm } from "../../dev/llm/start-practice-llm.ts";

const Suggestion = z.object({
  type: z.enum(["database-credential", "payment-key", "unknown"]),
  environment: z.enum(["prod", "staging", "dev", "test", "unknown"]),
  owner: z.string().nullable(),
  evidence: z.string(),
  confidence: z.number().min(0).max(1),
});
const Batch = z.object({ suggestions: z.array(Suggestion.extend({ path: z.string() })) });
const facts = [
  { path: "payments/checkout/prod/stripe", keys: ["api_key"] },
  { path: "loans/ledger/dev/postgres", keys: ["username", "password"] },
  { path: "misc/thing", keys: ["value"] },
];
// The system's words name every answer; only the user's may decide.
const messages = [
  { role: "system" as const, content: "Types: database-credential (postgres), payment-key (stripe), unknown." },
  { role: "user" as const, content: `Classify:\n${JSON.stringify(facts)}` },
];

let llm: PracticeLlm;
let client: OpenAI;
const askInChat = (schema: z.ZodType = Batch) =>
  client.chat.completions.parse({ model: "practice", messages, response_format: zodResponseFormat(schema, "batch") });
const askInResponses = () =>
  client.responses.parse({ model: "practice", input: messages, text: { format: zodTextFormat(Batch, "batch") } });

beforeAll(async () => {
  llm = await startPracticeLlm();
  client = new OpenAI({ apiKey: "practice", baseURL: llm.baseUrl, maxRetries: 0, timeout: 400 });
});
afterAll(() => llm.stop());

describe("the practice model", () => {
  it.each([
    ["chat completions", async () => (await askInChat()).choices[0]?.message.parsed],
    ["responses", async () => (await askInResponses()).output_parsed],
  ])("answers each fact by its words in %s, as the schema asks", async (_api, ask) => {
    const { suggestions } = Batch.parse(await ask());
    expect(suggestions.map(({ path, type, environment, owner }) => [path, type, environment, owner])).toEqual([
      ["payments/checkout/prod/stripe", "payment-key", "prod", "team-payments"],
      ["loans/ledger/dev/postgres", "database-credential", "dev", "team-loans"],
      ["misc/thing", "unknown", "unknown", "team-misc"],
    ]);
  });

  it("prefers null to a guess where the schema allows it, and takes no environment for a team", async () => {
    const choice = (...values: [string, ...string[]]) =>
      z.object({ value: z.enum(values).nullable(), because: z.enum(["stripe", "prod"]).nullable() });
    const schema = z.object({
      purpose: choice("api-key", "payment-key"),
      environment: choice("dev", "prod"),
      ownerTeam: choice("prod", "stripe"),
      rotation: choice("none", "yearly"),
    });
    const { output_parsed: parsed } = await client.responses.parse({
      model: "practice",
      input: "What is checkout/prod/stripe?",
      text: { format: zodTextFormat(schema, "one") },
    });
    expect(parsed).toEqual({
      purpose: { value: "payment-key", because: "stripe" },
      environment: { value: "prod", because: "prod" },
      ownerTeam: { value: null, because: null },
      rotation: { value: null, because: null },
    });
  });

  it("answers one fact in words without JSON", async () => {
    const { output_parsed: parsed } = await client.responses.parse({
      model: "practice",
      input: "What is payments/checkout/prod/stripe?",
      text: { format: zodTextFormat(Suggestion, "one") },
    });
    expect(parsed).toMatchObject({ type: "payment-key", environment: "prod", owner: "team-payments" });
  });

  it("answers as it is told to, and leaves the rest to the rules", async () => {
    llm.answer(({ schemaName, prompt }) =>
      schemaName === "batch" && prompt.includes("stripe") ? { suggestions: [] } : undefined,
    );
    expect((await askInResponses()).output_parsed).toEqual({ suggestions: [] });
    llm.answer(() => undefined);
    expect((await askInResponses()).output_parsed?.suggestions).toHaveLength(3);
  });

  it("keeps every prompt whole, the system's part included", async () => {
    await askInChat();
    expect(llm.prompts().at(-1)).toContain("Types: database-credential (postgres)");
    expect(llm.prompts().at(-1)).toContain("payments/checkout/prod/stripe");
  });

  it.each([
    ["timeout", APIConnectionTimeoutError],
    ["500", InternalServerError],
    ["bad-json", SyntaxError],
    ["length", LengthFinishReasonError],
  ] as const)("fails once by %s, as the real one does", async (fault, expected) => {
    llm.failNext(fault);
    await expect(askInChat()).rejects.toThrow(expected);
    expect((await askInChat()).choices[0]?.message.parsed).toBeTruthy();
  });

  it.each(["refusal", "length"] as const)("gives no parsed answer after %s in responses", async (fault) => {
    llm.failNext(fault);
    expect((await askInResponses()).output_parsed).toBeNull();
    expect((await askInResponses()).output_parsed).not.toBeNull();
  });

  it("refuses a schema that strict mode does not allow", async () => {
    const format = zodResponseFormat(Suggestion, "loose");
    const schema = { ...format.json_schema.schema, required: [] };
    const asked = client.chat.completions.create({
      model: "practice",
      messages,
      response_format: { type: "json_schema", json_schema: { name: "loose", strict: true, schema } },
    });
    await expect(asked).rejects.toThrow(BadRequestError);
  });
});
