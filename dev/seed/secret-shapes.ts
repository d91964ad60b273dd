import type { Random } from "./random.ts";

export interface Shape {
  /** A type of the classifier's list. */
  type: string;
  data(random: Random, app: string, env: string): Record<string, unknown>;
}

const host = (app: string, env: string, port: number): string => `${app}.${env}.ravensbourne.example:${port}`;
const pem = (random: Random, label: string): string =>
  `-----BEGIN ${label}-----\n${random.base64(96)}\n-----END ${label}-----\n`;

/** What lies under the last part of a path, with the key names that people really use (see classify-dev's examples). */
export const SHAPES = {
  db: {
    type: "database-credential",
    data: (random, app, env) => ({
      host: host(app, env, 5432),
      username: `${app}_rw`,
      password: random.secret(24),
      dbname: app.replaceAll("-", "_"),
    }),
  },
  "redis-cache": {
    type: "database-credential",
    data: (random, app, env) => ({ REDIS_URL: `rediss://:${random.secret(32)}@${host(app, env, 6379)}/0` }),
  },
  acquirer: {
    type: "payment-key",
    data: (random) => ({ merchant_id: `RB${random.int(1e6)}`, acquirer_api_key: random.secret(40) }),
  },
  kafka: {
    type: "message-broker-credential",
    data: (random, app, env) => ({
      bootstrap: host("kafka", env, 9093),
      sasl_username: app,
      sasl_password: random.secret(28),
    }),
  },
  smtp: {
    type: "smtp-credential",
    data: (random, app, env) => ({ host: host("mail", env, 587), username: app, password: random.secret(20) }),
  },
  oidc: {
    type: "oauth-client",
    data: (random, app, env) => ({ client_id: `${app}-${env}`, client_secret: random.secret(43) }),
  },
  session: {
    type: "jwt-or-session-secret",
    data: (random) => ({ JWT_SECRET: random.secret(48), COOKIE_SECRET: random.secret(32) }),
  },
  tls: {
    type: "tls-certificate",
    data: (random) => ({ "tls.crt": pem(random, "CERTIFICATE"), "tls.key": pem(random, "PRIVATE KEY") }),
  },
  aws: {
    type: "cloud-access-key",
    data: (random, app) => ({
      AWS_ACCESS_KEY_ID: random.secret(16, "PRACTICE"),
      AWS_SECRET_ACCESS_KEY: random.secret(40),
      AWS_DEFAULT_REGION: "eu-west-2",
      bucket: `rb-${app}`,
    }),
  },
  "api-token": { type: "api-key", data: (random) => ({ value: random.secret(36) }) },
  datadog: { type: "monitoring-key", data: (random) => ({ api_key: random.secret(32), app_key: random.secret(40) }) },
  github: { type: "git-token", data: (random) => ({ user: "rb-bot", token: random.secret(36, "practice_pat_") }) },
  runner: { type: "ci-cd-token", data: (random) => ({ RUNNER_TOKEN: random.secret(20, "practice-runner-") }) },
  "slack-webhook": {
    type: "webhook-url",
    data: (random) => ({ webhook: `https://hooks.ravensbourne.example/services/${random.secret(24)}` }),
  },
  registry: {
    type: "registry-credential",
    data: (random, app) => {
      const auth = Buffer.from(`${app}:${random.secret(24)}`).toString("base64");
      return { dockerconfigjson: JSON.stringify({ auths: { "registry.ravensbourne.example": { auth } } }) };
    },
  },
  signing: {
    type: "signing-or-encryption-key",
    data: (random) => ({ hmac_key: random.base64(32), key_id: `k${random.int(1000)}` }),
  },
  "ldap-bind": {
    type: "service-account",
    data: (random, app) => ({ bind_dn: `cn=svc_${app},ou=services,dc=ravensbourne`, bind_password: random.secret(26) }),
  },
  admin: { type: "generic-password", data: (random) => ({ username: "admin", password: random.secret(18) }) },
  "deploy-key": {
    type: "ssh-key",
    data: (random) => ({ private_key: pem(random, "OPENSSH PRIVATE KEY"), known_hosts: "git.ravensbourne.example" }),
  },
  licence: { type: "license-key", data: (random) => ({ licence_key: random.secret(25, "RB-") }) },
  endpoints: {
    type: "config-not-secret",
    data: (_random, app, env) => ({ url: `https://${host(app, env, 443)}`, region: "eu-west-2" }),
  },
  bundle: {
    type: "mixed-bundle",
    data: (random, app) => ({
      DB_PASSWORD: random.secret(24),
      SMTP_PASSWORD: random.secret(20),
      JWT_SECRET: random.secret(48),
      SENTRY_DSN: `https://${random.secret(32)}@errors.ravensbourne.example/${random.int(100)}`,
      APP_NAME: app,
    }),
  },
} as const satisfies Record<string, Shape>;

export type ShapeName = keyof typeof SHAPES;
