import { wordsOf } from "../../catalog/words.ts";
import type { SecretType } from "../secret-types.ts";

type Vocabulary = readonly (readonly [type: SecretType, words: string])[];

/** Words that say what the secret is. They beat a product's name beside them: `grafana-oidc` is an OIDC client. */
export const PURPOSE_WORDS: Vocabulary = [
  ["webhook-url", "webhook webhooks"],
  ["oauth-client", "oauth oauth2 oidc openid sso saml"],
  ["ssh-key", "ssh sshd sftp bastion"],
  ["tls-certificate", "tls ssl cert certs certificate certificates x509 truststore pki"],
  ["license-key", "license licence licenses licences entitlement"],
  ["smtp-credential", "smtp mailer"],
  ["jwt-or-session-secret", "jwt session cookie csrf"],
  [
    "signing-or-encryption-key",
    "gpg pgp hmac signing sign signer signature encryption encrypt keystore jws salt keypair",
  ],
  ["registry-credential", "registry dockerconfig dockerconfigjson dockercfg"],
  ["infrastructure-token", "kubeconfig vpn wireguard approle unseal"],
  ["service-account", "ldap keytab kerberos serviceuser systemuser"],
  ["database-credential", "db database databases jdbc sql dsn datasource"],
  ["message-broker-credential", "sasl amqp"],
  ["monitoring-key", "monitoring alerting metrics"],
];

/** Products and services by what their credentials open. */
const PRODUCT_WORDS: Vocabulary = [
  [
    "database-credential",
    "postgres postgresql pg mysql mariadb mssql sqlserver oracle mongo mongodb redis redisdb valkey cassandra elastic " +
      "elasticsearch opensearch clickhouse couchdb influxdb memcached cockroachdb neo4j timescale rds db2 snowflake",
  ],
  ["message-broker-credential", "kafka rabbitmq mqtt nats activemq pulsar confluent ibmmq eventhub servicebus"],
  [
    "registry-credential",
    "artifactory nexus dockerhub docker quay harbor npm pypi nuget maven ossrh jfrog ghcr ecr openvsx vsce rubygems",
  ],
  ["git-token", "git github gitlab gitea bitbucket"],
  [
    "ci-cd-token",
    "jenkins circleci travis buildkite teamcity sonar sonarqube sonarcloud codecov coveralls snyk drone tekton concourse " +
      "srcclr veracode fossa whitesource checkmarx runner",
  ],
  [
    "monitoring-key",
    "datadog newrelic sentry grafana prometheus pagerduty opsgenie splunk appdynamics dynatrace loki honeycomb rollbar " +
      "bugsnag fluentd fluentbit instana logzio",
  ],
  ["smtp-credential", "sendgrid mailgun postmark mailjet sparkpost mail"],
  ["cloud-access-key", "aws gcp gcs azure s3 minio velero openstack iam sts ec2 gcloud"],
  ["payment-key", "stripe adyen paypal braintree klarna worldpay mollie acquirer merchant"],
  ["oauth-client", "keycloak okta auth0 azuread entra zitadel cognito"],
  ["infrastructure-token", "kubernetes k8s k3s consul nomad tailscale netbird rancher"],
  ["service-account", "vsphere vcenter vmware freeipa"],
  [
    "api-key",
    "slack telegram discord jira confluence cloudflare twilio openai zendesk hubspot salesforce bugzilla servicenow " +
      "dnsimple ionos api apikey apikeys",
  ],
];

/** Long words are also found inside others: `mysqlrootpassword`. */
const FOUND_INSIDE_FROM = 5;

export interface WordFound {
  readonly type: SecretType;
  readonly word: string;
  /** False: a product's name, which says less. */
  readonly isPurpose: boolean;
}

/** The word of a name that says most about its purpose; null when none does. The last of several counts. */
export function purposeWordIn(name: string): WordFound | null {
  const words = wordsOf(name);
  return find(words, PURPOSE_TABLE, true) ?? find(words, PRODUCT_TABLE, false);
}

const tableOf = (vocabulary: Vocabulary): Map<string, SecretType> =>
  new Map(vocabulary.flatMap(([type, words]) => words.split(" ").map((word) => [word, type] as const)));
const PURPOSE_TABLE = tableOf(PURPOSE_WORDS);
const PRODUCT_TABLE = tableOf(PRODUCT_WORDS);

function find(words: readonly string[], table: Map<string, SecretType>, isPurpose: boolean): WordFound | null {
  for (const word of [...words].reverse()) {
    const type = table.get(word);
    if (type !== undefined) return { type, word, isPurpose };
  }
  for (const word of words) {
    for (const [inside, type] of table) {
      if (inside.length >= FOUND_INSIDE_FROM && word.includes(inside)) return { type, word: inside, isPurpose };
    }
  }
  return null;
}
