import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { SHORTCUT } from "../src/slack/action-ids.ts";

const root = fileURLToPath(new URL("../", import.meta.url));
const manifest: unknown = parse(readFileSync(join(root, "manifest.yml"), "utf8"));
const parts = z
  .object({
    features: z.object({
      slash_commands: z.array(z.object({ command: z.string() })),
      shortcuts: z.array(
        z.object({
          name: z.string().max(24),
          type: z.enum(["global", "message"]),
          callback_id: z.string().max(255),
          description: z.string().max(150),
        }),
      ),
    }),
    oauth_config: z.object({ scopes: z.object({ bot: z.array(z.string()) }) }),
    settings: z.object({ event_subscriptions: z.object({ bot_events: z.array(z.string()) }) }),
  })
  .parse(manifest);
const scopes = parts.oauth_config.scopes.bot;
const events = parts.settings.event_subscriptions.bot_events;

/** What the compiler says of a manifest, written out as code, against the type that Slack's own package ships. */
async function compile(content: unknown): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "manifest-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const code = `import type { AppsManifestCreateArguments } from "@slack/web-api";
    export default ${JSON.stringify(content)} satisfies AppsManifestCreateArguments["manifest"];`;
  writeFileSync(join(folder, "check.ts"), code);
  const paths = { "@slack/web-api": [join(root, "node_modules/@slack/web-api/dist/index.d.ts")] };
  const types = { types: ["node"], typeRoots: [join(root, "node_modules/@types")] };
  const compilerOptions = { strict: true, noEmit: true, skipLibCheck: true, module: "NodeNext", paths, ...types };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["check.ts"] }));
  return new Promise((done) => {
    execFile(join(root, "node_modules/.bin/tsc"), ["-p", folder], (_failure, stdout) => done(stdout));
  });
}

const sources = ["handlers", "src/slack"]
  .flatMap((folder) => readdirSync(join(root, folder)).map((file) => join(root, folder, file)))
  .map((file) => readFileSync(file, "utf8"))
  .join("\n");
const allMatches = (pattern: RegExp): string[] => [
  ...new Set([...sources.matchAll(pattern)].map(([, found = ""]) => found)),
];

/** @see https://docs.slack.dev/reference/methods: the bot scope that each method needs; none for views. */
const SCOPES_BY_METHOD: Record<string, readonly string[]> = {
  "auth.test": [],
  "chat.postMessage": ["chat:write"],
  "chat.postEphemeral": ["chat:write"],
  "chat.update": ["chat:write"],
  "conversations.info": ["channels:read", "groups:read"],
  "conversations.open": ["im:write"],
  "conversations.replies": ["channels:history", "groups:history", "im:history"],
  "usergroups.list": ["usergroups:read"],
  "usergroups.users.list": ["usergroups:read"],
  "views.open": [],
  "views.push": [],
  "views.update": [],
  "views.publish": [],
};
const EVENTS_BY_LISTENER: Record<string, readonly string[]> = {
  message: ["message.channels", "message.groups", "message.im"],
  app_home_opened: ["app_home_opened"],
  app_mention: ["app_mention"],
};
const SCOPES_BY_EVENT: Record<string, readonly string[]> = { app_mention: ["app_mentions:read"] };

describe("manifest.yml", () => {
  it("has the form that Slack's package gives to manifests", async () => {
    expect(await compile(manifest)).toBe("");
  });

  it("would not compile with a word that Slack does not know", async () => {
    const wrong = { ...(manifest as object), oauth_config: { scopes: { bot: ["chat:wrote"] } } };
    expect(await compile(wrong)).toContain("chat:wrote");
  });

  it("has every command that the code listens for, and no other", () => {
    const commands = allMatches(/_COMMAND = "(\/[a-z]+)"/g);
    expect(commands).toEqual(["/secrets"]);
    expect(parts.features.slash_commands.map(({ command }) => command)).toEqual(commands);
  });

  it("has every shortcut that the code listens for, and no other", () => {
    expect(allMatches(/callback_id: SHORTCUT\.(\w+), type: "\w+"/g).sort()).toEqual(Object.keys(SHORTCUT).sort());
    expect(parts.features.shortcuts.map(({ callback_id: id }) => id).sort()).toEqual(Object.values(SHORTCUT).sort());
  });

  it("has every event that the code listens for, and no other", () => {
    const listeners = allMatches(/app\.event\("([a-z_]+)"/g);
    const needed = listeners.flatMap(
      (listener) => EVENTS_BY_LISTENER[listener] ?? [`unknown to this test: ${listener}`],
    );
    expect([...events].sort()).toEqual([...needed].sort());
  });

  it("has every scope that the code's calls need, and no other", () => {
    const methods = allMatches(/(?:patient|quick|client)\.((?:[a-z]+\.)+[a-zA-Z]+)\(/g);
    expect(methods.length).toBeGreaterThan(5);
    const needed = methods.flatMap((method) => SCOPES_BY_METHOD[method] ?? [`unknown to this test: ${method}`]);
    const heard = events.flatMap((event) => SCOPES_BY_EVENT[event] ?? []);
    expect([...scopes].sort()).toEqual([...new Set(["commands", ...needed, ...heard])].sort());
  });
});
