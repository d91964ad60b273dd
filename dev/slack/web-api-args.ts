import type { Args } from "./strict-web-api.ts";

/** The Web API takes JSON and forms; in a form the rich fields are JSON text. */
export function parseArgs(body: string, contentType = ""): Args {
  if (contentType.includes("application/json")) return JSON.parse(body || "{}") as Args;
  const args: Args = Object.fromEntries(new URLSearchParams(body));
  for (const field of ["blocks", "view", "attachments"]) {
    const value = args[field];
    if (typeof value === "string") args[field] = parsedOrText(value);
  }
  return args;
}

function parsedOrText(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return value; // Slack answers invalid_blocks to it, and so does the rule for blocks
  }
}

/** A form is percent-encoded, which would hide a planted value from a search. */
export function readableBody(body: string): string {
  return body.startsWith("{")
    ? body
    : [...new URLSearchParams(body)].map(([key, value]) => `${key}=${value}`).join("&");
}
