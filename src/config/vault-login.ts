import { z } from "zod";
import { Secret } from "../secret.ts";

const METHODS = ["approle", "aws", "jwt", "kubernetes", "token-file"] as const;
type Method = (typeof METHODS)[number];

/** Where Kubernetes puts a pod's own token. */
const POD_TOKEN = "/var/run/secrets/kubernetes.io/serviceaccount/token";

/** How one identity proves to Vault who it is. */
export type LoginSettings =
  | { readonly method: "approle"; readonly roleId: string; readonly secretId: Secret }
  | {
      readonly method: "aws";
      readonly mount: string;
      readonly role: string;
      readonly serverId: string | null;
      /** null: STS's global endpoint. */
      readonly stsRegion: string | null;
    }
  | {
      readonly method: "jwt" | "kubernetes";
      readonly mount: string;
      readonly role: string;
      readonly file: string;
    }
  | { readonly method: "token-file"; readonly file: string };
/** A login whose token may be revoked. */
export type OwnLoginSettings = Exclude<LoginSettings, { readonly method: "token-file" }>;

/** The variables of one identity. Which of them count depends on the first. */
export interface LoginVariables {
  readonly method: string;
  readonly roleId: string;
  readonly secretId: string;
  readonly mount: string;
  readonly role: string;
  readonly file: string;
  readonly serverId: string;
  readonly stsRegion: string;
}

/** Reads one identity's login from the environment: AppRole unless its first variable names another method. */
export function vaultLogin(names: LoginVariables) {
  return z.record(z.string(), z.string()).transform((env, context): LoginSettings => {
    const fault = (name: string, message: string): typeof z.NEVER => {
      context.addIssue({ code: "custom", path: [name], message });
      return z.NEVER;
    };
    const given = (name: string): string | null => env[name]?.trim() || null;
    const needed = (name: string): string => given(name) ?? fault(name, "is not set");
    const mount = (standard: string): string => {
      const name = given(names.mount) ?? standard;
      return /^(?!auth\/)[\w-]+(\/[\w-]+)*$/.test(name)
        ? name
        : fault(names.mount, "must be a mount's name, without auth/ and slashes at its ends");
    };
    const method = given(names.method) ?? "approle";
    const settings: Readonly<Record<Method, () => LoginSettings>> = {
      approle: () => ({
        method: "approle",
        roleId: needed(names.roleId),
        secretId: new Secret(needed(names.secretId)),
      }),
      aws: () => ({
        method: "aws",
        mount: mount("aws"),
        role: needed(names.role),
        serverId: given(names.serverId),
        stsRegion: given(names.stsRegion),
      }),
      jwt: () => ({ method: "jwt", mount: mount("jwt"), role: needed(names.role), file: needed(names.file) }),
      kubernetes: () => ({
        method: "kubernetes",
        mount: mount("kubernetes"),
        role: needed(names.role),
        file: given(names.file) ?? POD_TOKEN,
      }),
      "token-file": () => ({ method: "token-file", file: needed(names.file) }),
    };
    return isMethod(method) ? settings[method]() : fault(names.method, `must be one of ${METHODS.join(", ")}`);
  });
}

/** The same for the identity whose token dies with each migration. */
export function ownVaultLogin(names: LoginVariables) {
  return vaultLogin(names).transform((settings, context): OwnLoginSettings => {
    if (settings.method !== "token-file") return settings;
    const message = "can't be token-file: its token is revoked after each move, and an agent's token is not ours";
    context.addIssue({ code: "custom", path: [names.method], message });
    return z.NEVER;
  });
}

function isMethod(text: string): text is Method {
  return (METHODS as readonly string[]).includes(text);
}
