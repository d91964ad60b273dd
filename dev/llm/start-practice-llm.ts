import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text as readText } from "node:stream/consumers";
import { answerByKeywords } from "./answer-by-keywords.ts";
import { type JsonSchema, strictSchemaFault } from "./json-schema.ts";

/** How the next answer goes wrong. `timeout` never answers; `length` is cut off; `refusal` is the model's own no. */
export type LlmFault = "timeout" | "500" | "bad-json" | "refusal" | "length";

export interface AskedLlm {
  model: string;
  /** The user's words alone. */
  prompt: string;
  /** Name of the schema that the answer must fit, and the schema. */
  schemaName: string;
  schema: JsonSchema;
}

export interface PracticeLlm {
  /** For OPENAI_BASE_URL; ends in `/v1`. Any API key will do. */
  baseUrl: string;
  /** Every request body, whole, in order: where the canary looks. */
  prompts(): string[];
  /** Answers instead of the keyword rules, as an object; undefined leaves that one to the rules. */
  answer(by: (asked: AskedLlm) => unknown): void;
  /** Faults queue up, one a request. */
  failNext(fault: LlmFault): void;
  stop(): Promise<void>;
}

interface Format {
  name?: string;
  schema?: JsonSchema;
  strict?: boolean;
}
type Content = string | { text?: string }[];
interface ChatRequest {
  model: string;
  messages: { role: string; content: Content }[];
  response_format?: { json_schema?: Format };
}
interface ResponsesRequest {
  model: string;
  input: string | { role?: string; content: Content }[];
  text?: { format?: Format };
}

/**
 * Starts an OpenAI-compatible endpoint on this machine: `chat.completions` and `responses` with strict JSON schemas.
 * It knows nothing, but answers usefully (answer-by-keywords.ts) and the same each time.
 */
export async function startPracticeLlm(): Promise<PracticeLlm> {
  const [received, faults] = [[] as string[], [] as LlmFault[]];
  let answerBy: (asked: AskedLlm) => unknown = () => undefined;

  const server = createServer(async (request, response) => {
    const body = await readText(request);
    received.push(body);
    const fault = faults.shift();
    if (fault === "timeout") return; // the connection stays open until the client or stop() ends it
    if (fault === "500") return refuse(response, 500, "The practice model failed, as it was told to.");
    const kind = KINDS[request.url ?? ""];
    if (!kind) return refuse(response, 404, `The practice model has no ${request.url}.`);
    const { format, ...asked } = kind.read(JSON.parse(body) as never);
    const schema = format?.schema ?? {};
    const wrong = format?.strict ? strictSchemaFault(schema) : undefined;
    if (wrong) return refuse(response, 400, `Invalid schema for response_format '${format?.name}': ${wrong}`);
    const given = answerBy({ ...asked, schemaName: format?.name ?? "", schema });
    const content = JSON.stringify(given ?? answerByKeywords(schema, asked.prompt));
    respond(response, 200, kind.write(asked.model, fault ? spoiled(content, fault) : content, fault));
  });
  await new Promise<void>((listening) => {
    server.listen(0, "127.0.0.1", listening);
  });
  const { port } = server.address() as AddressInfo;

  return {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    prompts: () => [...received],
    answer: (by) => {
      answerBy = by;
    },
    failNext: (fault) => {
      faults.push(fault);
    },
    stop: () =>
      new Promise((stopped) => {
        server.close(() => stopped());
        server.closeAllConnections();
      }),
  };
}

interface Kind {
  read(request: never): { model: string; prompt: string; format: Format | undefined };
  write(model: string, content: string, fault: LlmFault | undefined): object;
}
const REFUSAL = "I can't help with that.";
const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 };

const KINDS: Record<string, Kind> = {
  "/v1/chat/completions": {
    read: ({ model, messages, response_format: format }: ChatRequest) => ({
      ...{ model, prompt: userWords(messages), format: format?.json_schema },
    }),
    write: (model, content, fault) => {
      const message = { role: "assistant", content: fault === "refusal" ? null : content };
      const choice = {
        index: 0,
        finish_reason: fault === "length" ? "length" : "stop",
        message: { ...message, refusal: fault === "refusal" ? REFUSAL : null },
      };
      return { id: "chatcmpl-practice", object: "chat.completion", created: 0, model, choices: [choice], usage };
    },
  },
  "/v1/responses": {
    read: ({ model, input, text }: ResponsesRequest) => ({
      ...{ model, prompt: typeof input === "string" ? input : userWords(input), format: text?.format },
    }),
    write: (model, content, fault) => ({
      id: "resp_practice",
      object: "response",
      created_at: 0,
      model,
      status: fault === "length" ? "incomplete" : "completed",
      incomplete_details: fault === "length" ? { reason: "max_output_tokens" } : null,
      error: null,
      output: [
        {
          type: "message",
          id: "msg_practice",
          role: "assistant",
          status: fault === "length" ? "incomplete" : "completed",
          content: [
            fault === "refusal"
              ? { type: "refusal", refusal: REFUSAL }
              : { type: "output_text", text: content, annotations: [] },
          ],
        },
      ],
      usage: { input_tokens: 1, output_tokens: 1, total_tokens: 2 },
    }),
  },
};

function userWords(messages: readonly { role?: string; content: Content }[]): string {
  const words = (content: Content) =>
    typeof content === "string" ? content : content.map(({ text = "" }) => text).join("\n");
  return messages
    .filter(({ role }) => role === "user")
    .map(({ content }) => words(content))
    .join("\n");
}

function spoiled(content: string, fault: LlmFault): string {
  if (fault === "length") return content.slice(0, Math.floor(content.length / 2));
  return fault === "bad-json" ? `Sure, here it is: ${content}` : content;
}

function respond(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

function refuse(response: ServerResponse, status: number, message: string): void {
  respond(response, status, { error: { message, type: status === 500 ? "server_error" : "invalid_request_error" } });
}
