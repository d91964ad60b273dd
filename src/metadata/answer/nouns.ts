import type { SecretType } from "../secret-types.ts";

/** A kind of secret in a sentence: by itself, and behind the name of what it opens. */
interface Noun {
  readonly alone: string;
  /** `Stripe payment key`; null where a product's name would say something wrong. */
  readonly ofProduct: string | null;
}

export const NOUNS: Record<Exclude<SecretType, "unknown">, Noun> = {
  "database-credential": { alone: "a database login", ofProduct: "login" },
  "api-key": { alone: "an API key or token", ofProduct: "API key" },
  "oauth-client": { alone: "an OAuth client's id and secret", ofProduct: "OAuth client" },
  "tls-certificate": { alone: "a TLS certificate with its key", ofProduct: null },
  "ssh-key": { alone: "an SSH key", ofProduct: null },
  "cloud-access-key": { alone: "a cloud access key", ofProduct: "access key" },
  "service-account": { alone: "a service account's login", ofProduct: "service account" },
  "signing-or-encryption-key": { alone: "a signing or encryption key", ofProduct: null },
  "webhook-url": { alone: "a webhook's address", ofProduct: "webhook address" },
  "jwt-or-session-secret": { alone: "the session or token secret of one application", ofProduct: null },
  "registry-credential": { alone: "a login of a package or image registry", ofProduct: "registry login" },
  "smtp-credential": { alone: "a login for sending mail", ofProduct: "mail login" },
  "message-broker-credential": { alone: "a message broker's login", ofProduct: "login" },
  "license-key": { alone: "a licence key", ofProduct: null },
  "git-token": { alone: "a token of a code host", ofProduct: "token" },
  "ci-cd-token": { alone: "a token of a build or deployment service", ofProduct: "token" },
  "monitoring-key": { alone: "a key of a monitoring service", ofProduct: "key" },
  "payment-key": { alone: "a key of a payment gateway", ofProduct: "payment key" },
  "generic-password": { alone: "a login with a password", ofProduct: null },
  "infrastructure-token": { alone: "an access token for infrastructure", ofProduct: "access token" },
  "mixed-bundle": { alone: "a bundle of credentials of different kinds", ofProduct: null },
  "config-not-secret": { alone: "a set of plain settings, with no credential among the key names", ofProduct: null },
};

/** Products as their makers write them. One that is not here is left out of the sentence. */
const PRODUCTS: Readonly<Record<string, string>> = Object.fromEntries(
  (
    "Stripe Adyen PayPal Braintree Klarna Worldpay Mollie MySQL MariaDB Oracle Redis Valkey Cassandra Elasticsearch " +
    "OpenSearch ClickHouse CouchDB InfluxDB Memcached CockroachDB Neo4j Snowflake Kafka RabbitMQ MQTT NATS ActiveMQ " +
    "Pulsar Confluent Artifactory Nexus Quay Harbor npm PyPI NuGet Maven GitHub GitLab Gitea Bitbucket Jenkins " +
    "CircleCI Buildkite TeamCity SonarQube Codecov Snyk Datadog Sentry Grafana Prometheus PagerDuty Opsgenie Splunk " +
    "Dynatrace SendGrid Mailgun Postmark AWS GCP Azure S3 MinIO Keycloak Okta Auth0 Kubernetes Consul Nomad " +
    "Tailscale Rancher Slack Telegram Discord Jira Confluence Cloudflare Twilio OpenAI Zendesk HubSpot Salesforce " +
    "ServiceNow PostgreSQL MongoDB"
  )
    .split(" ")
    .map((product) => [product.toLowerCase(), product] as const)
    .concat([
      ["postgres", "PostgreSQL"],
      ["pg", "PostgreSQL"],
      ["mongo", "MongoDB"],
      ["newrelic", "New Relic"],
      ["dockerhub", "Docker Hub"],
      ["k8s", "Kubernetes"],
    ]),
);

/** @param word A word of the path, in lower case. @returns The product's own spelling, or null for no product we know. */
export const productName = (word: string): string | null => PRODUCTS[word] ?? null;

/** Environments as they stand in a sentence. */
export const ENVIRONMENT_NAMES: Readonly<Record<string, string>> = {
  prod: "production",
  staging: "staging",
  test: "test",
  dev: "development",
};
