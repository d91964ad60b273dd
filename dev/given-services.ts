import { connect } from "node:net";
import { createDatabase } from "./postgres/create-database.ts";

/** What the environment can give in place of a server of ours. */
export interface GivenService {
  readonly vault: { readonly address: string; readonly rootToken: string };
  readonly aws: { readonly endpointUrl: string };
  readonly postgres: { readonly url: string; createDatabase(name: string): Promise<string> };
  readonly redis: { readonly url: string };
}

const VARIABLES: Record<keyof GivenService, string> = {
  vault: "VAULT_ADDR",
  aws: "AWS_ENDPOINT_URL",
  postgres: "DATABASE_URL",
  redis: "REDIS_URL",
};
const DEFAULT_PORTS: Record<string, number> = {
  ...{ "http:": 80, "https:": 443 },
  ...{ "postgres:": 5432, "postgresql:": 5432, "redis:": 6379, "rediss:": 6379 },
};
const READ: { readonly [Name in keyof GivenService]: (value: string, env: NodeJS.ProcessEnv) => GivenService[Name] } = {
  vault: (address, env) => ({ address, rootToken: env.VAULT_TOKEN ?? "" }),
  aws: (endpointUrl) => ({ endpointUrl }),
  postgres: (url) => ({ url, createDatabase: (name) => createDatabase(url, name) }),
  redis: (url) => ({ url }),
};
const CONNECT_WITHIN_MS = 3_000;

/**
 * The service that a variable names, or undefined when the variable is not set.
 * @throws Error when nothing listens there: a given service is never replaced by one of ours in silence.
 */
export async function givenService<Name extends keyof GivenService>(
  service: Name,
  env: NodeJS.ProcessEnv,
): Promise<GivenService[Name] | undefined> {
  const name = VARIABLES[service];
  const value = env[name];
  if (!value) return undefined;
  // The value itself stays out of the message: a URL may hold a password.
  if (!URL.canParse(value))
    throw new Error(`${name} is not a URL. Next step: correct it, or unset it to have a server started.`);
  const { hostname, port, protocol } = new URL(value);
  // No host: a Unix socket, or whatever the driver makes of it; we do not know better.
  const reached = !hostname || (await isListening(hostname, Number(port) || (DEFAULT_PORTS[protocol] ?? 0)));
  if (reached) return READ[service](value, env);
  throw new Error(
    `${name} is set, but nothing answers there. Next step: start that server, or unset ${name} to have one started.`,
  );
}

function isListening(hostname: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: hostname.replace(/^\[|\]$/g, ""), port, timeout: CONNECT_WITHIN_MS });
    const settle = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.once("connect", () => settle(true));
    socket.once("error", () => settle(false));
    socket.once("timeout", () => settle(false));
  });
}
