import { App, type Logger, LogLevel, SocketModeReceiver } from "@slack/bolt";
import type { Secret } from "../secret.ts";

/** How Slack reaches us. Nothing else in the program knows which. */
export type SlackTransport =
  | { readonly kind: "socket"; readonly appToken: Secret }
  | { readonly kind: "http"; readonly signingSecret: Secret; readonly port: number };

export interface SlackAppOptions {
  readonly botToken: Secret;
  readonly transport: SlackTransport;
  /** Ends in `/api/`; Slack's own where absent. */
  readonly slackApiUrl?: string | undefined;
  readonly log: SlackLog;
}

export interface SlackLog {
  debug(words: string): void;
  info(words: string): void;
  warn(words: string): void;
  error(words: string): void;
}

export interface SlackApp {
  readonly app: App;
  /** From here on Slack's calls arrive. */
  start(): Promise<void>;
  stop(): Promise<void>;
  /** False while Slack can't reach us. By HTTP nobody knows until Slack calls, so it is true there. */
  isConnected(): boolean;
}

/** Builds the Bolt app. Listeners are registered before `start`. */
export function openApp({ botToken, transport, slackApiUrl, log }: SlackAppOptions): SlackApp {
  const client = slackApiUrl === undefined ? {} : { clientOptions: { slackApiUrl } };
  const socket =
    transport.kind === "socket"
      ? new SocketModeReceiver({
          appToken: transport.appToken.reveal(),
          installerOptions: client,
          logger: boltLogger(log),
        })
      : null;
  let isUp = socket === null;
  socket?.client.on("connected", () => {
    isUp = true;
  });
  for (const loss of ["reconnecting", "disconnected"]) {
    socket?.client.on(loss, () => {
      isUp = false;
    });
  }
  const app = new App({
    token: botToken.reveal(),
    ...(socket !== null && { receiver: socket }),
    ...(transport.kind === "http" && { signingSecret: transport.signingSecret.reveal() }),
    ...client,
    logger: boltLogger(log),
    // Asks Slack who we are in `init`, where a wrong token can be caught, and once: without the verification Bolt asks
    // before every single listener, which costs a call of the three seconds and sends the token each time.
    tokenVerificationEnabled: true,
    deferInitialization: true,
  });
  // What a listener throws past explainFailures: a fault of ours. Bolt's default would log the error whole.
  app.error(async (error) => log.error(`a Slack listener failed: ${error.code ?? error.name}`));
  return {
    app,
    isConnected: () => isUp,
    start: async () => {
      await app.init();
      await (transport.kind === "http" ? app.start(transport.port) : app.start());
    },
    stop: async () => {
      await app.stop();
    },
  };
}

/** Bolt's log lines may hold payloads with people's text at debug level, so debug stays off. */
function boltLogger(log: SlackLog): Logger {
  const words = (parts: unknown[]): string => parts.filter((part) => typeof part === "string").join(" ");
  return {
    debug: () => {},
    info: (...parts) => log.debug(words(parts)),
    warn: (...parts) => log.warn(words(parts)),
    error: (...parts) => log.error(words(parts)),
    setLevel: () => {},
    getLevel: () => LogLevel.INFO,
    setName: () => {},
  };
}
