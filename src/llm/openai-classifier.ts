import OpenAI, { APIConnectionError, APIConnectionTimeoutError, APIError, APIUserAbortError } from "openai";
import { ContentFilterFinishReasonError, LengthFinishReasonError } from "openai/core/error";
import { zodResponseFormat } from "openai/helpers/zod";
import { identifySecretMessages, identifySecretReply, suggestionsFrom } from "../../prompts/identify-secret.ts";
import { type Classifier, type ClassifierFailure, ClassifierUnavailableError } from "../metadata/classifier.ts";
import type { Secret } from "../secret.ts";

export interface OpenAiClassifierConfig {
  readonly apiKey: Secret;
  /** null: OpenAI itself. Any server with the chat completions API and structured outputs will do. */
  readonly baseUrl: string | null;
  readonly model: string;
  /** For the whole answer, retries included. */
  readonly timeoutMs: number;
  /** Calls in any 60 minutes; what is above is refused here. */
  readonly callsPerHour: number;
  readonly maxRetries?: number;
  readonly now: () => Date;
}

const HOUR_MS = 3_600_000;

/** Asks an OpenAI-compatible model. Every failure is a ClassifierUnavailableError without the vendor's text. */
export function openAiClassifier(config: OpenAiClassifierConfig): Classifier {
  const { apiKey, baseUrl, model, timeoutMs, callsPerHour, maxRetries = 1, now } = config;
  const client = new OpenAI({
    apiKey: apiKey.reveal(),
    baseURL: baseUrl ?? "https://api.openai.com/v1",
    // Given, so that OPENAI_* variables of the environment decide nothing here; its debug log prints whole prompts.
    organization: null,
    project: null,
    logLevel: "off",
    timeout: timeoutMs,
    maxRetries,
  });
  let calls: number[] = [];
  const spend = (): void => {
    const at = now().getTime();
    calls = calls.filter((call) => call > at - HOUR_MS);
    if (calls.length >= callsPerHour) throw new ClassifierUnavailableError("budget-spent");
    calls.push(at);
  };
  return {
    async classify(question) {
      spend();
      const reply = identifySecretReply(question);
      const message = await client.chat.completions
        .parse(
          {
            model,
            messages: identifySecretMessages(question).map(({ role, content }) => ({ role, content })),
            response_format: zodResponseFormat(reply, "secret_identity"),
          },
          { signal: AbortSignal.timeout(timeoutMs) },
        )
        .then(({ choices }) => choices[0]?.message)
        .catch((error: unknown) => {
          throw new ClassifierUnavailableError(failureOf(error)); // the original may quote the prompt
        });
      if (message?.refusal) throw new ClassifierUnavailableError("refused");
      // A server that ignores the schema still has to fit it.
      const parsed = reply.safeParse(message?.parsed);
      if (!parsed.success) throw new ClassifierUnavailableError("bad-answer");
      return suggestionsFrom(parsed.data);
    },
  };
}

function failureOf(error: unknown): ClassifierFailure {
  if (error instanceof APIConnectionTimeoutError || error instanceof APIUserAbortError) return "timeout";
  if (error instanceof APIConnectionError) return "unreachable";
  if (error instanceof LengthFinishReasonError) return "truncated";
  if (error instanceof ContentFilterFinishReasonError) return "refused";
  if (error instanceof APIError) {
    if (error.status === 429) return "rate-limited";
    return error.status === 401 || error.status === 403 ? "not-allowed" : "unreachable";
  }
  return "bad-answer"; // SyntaxError or ZodError of an answer that does not fit
}
