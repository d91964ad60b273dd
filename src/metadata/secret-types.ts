/** What a secret can be, with the words that people read. Closed: forms, rules and models all choose from it. */
export const SECRET_TYPES = {
  "database-credential": "login or connection string of a data store",
  "api-key": "key or token of a service, when nothing more specific fits",
  "oauth-client": "client id and secret for a login or authorisation server",
  "tls-certificate": "certificate, with or without key, key store for TLS, CA material",
  "ssh-key": "SSH private key, host keys, key pairs used for SSH",
  "cloud-access-key": "cloud account or object-store access",
  "service-account": "directory or machine account used to log in to several systems",
  "signing-or-encryption-key": "signing, encryption, HMAC and webhook-signature secrets, GPG keys, salts",
  "webhook-url": "an address that is itself the credential",
  "jwt-or-session-secret": "framework, cookie, session or symmetric token secret of one application",
  "registry-credential": "container, package or artifact repository and marketplace publishing",
  "smtp-credential": "mail relay or mail-sending service",
  "message-broker-credential": "Kafka, RabbitMQ, MQTT, NATS and schema registries",
  "license-key": "product licence, subscription login or manifest",
  "git-token": "access to a code host",
  "ci-cd-token": "build, deployment, code-quality, coverage and dependency-scan services",
  "monitoring-key": "metrics, logs, traces, error reporting, alerting",
  "payment-key": "payment gateway",
  "generic-password": "a login with a password and nothing more specific",
  "infrastructure-token": "cluster access, Vault, Consul and Nomad tokens, VPN join keys",
  "mixed-bundle": "several unrelated credentials in one secret and none is the majority",
  "config-not-secret": "nothing in it needs protection: addresses, ids, names, public keys",
  unknown: "path and keys do not say what it is",
} as const;

export type SecretType = keyof typeof SECRET_TYPES;
