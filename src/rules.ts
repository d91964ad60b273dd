import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { LineCounter, parseDocument } from "yaml";
import { z } from "zod";
import { pathGlobFault } from "./catalog/path-glob.ts";
import { teamFaults } from "./metadata/team.ts";
import { LaneRules } from "./migration/lanes/lane-rules.ts";
import { nameTemplateFault, USUAL_NAME_TEMPLATE } from "./migration/name-template.ts";
import { resourcePolicyFault } from "./migration/resource-policy-fault.ts";
import { descriptionFault } from "./migration/rule-settings.ts";

const Members = z
  .strictObject({ users: z.array(z.string()).default([]), usergroups: z.array(z.string()).default([]) })
  .refine(({ users, usergroups }) => users.length + usergroups.length > 0, "name at least one user or user group");

/** Fails with the sentence that `faultOf` gives. */
const judgedBy =
  <Value>(faultOf: (value: Value) => string | null) =>
  (value: Value, context: z.RefinementCtx<Value>): void => {
    const fault = faultOf(value);
    if (fault !== null) context.addIssue({ code: "custom", message: fault });
  };

/** A policy in YAML, or as JSON text; kept as JSON text. */
const ResourcePolicy = z
  .unknown()
  .transform((policy) => (typeof policy === "string" ? jsonOrNull(policy) : policy))
  .superRefine(judgedBy(resourcePolicyFault))
  .transform((policy) => JSON.stringify(policy));

const Region = z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d$/, "no name of an AWS region");

const TargetRule = z.strictObject({
  accountId: z.string().regex(/^\d{12}$/, "an AWS account id has 12 digits"),
  region: z.string().min(1),
  /** The worker refuses any other name. */
  namePrefix: z.string().regex(/^[A-Za-z0-9/_+=.@-]*$/, "a character that AWS does not allow in a name"),
  /** The first is the default; an empty list means the AWS-managed key. */
  kmsKeyIds: z.array(z.string().min(1)).default([]),
  label: z.string().max(60).optional(),
  /** How targets are named. No two secrets may get one name. */
  name: z.string().max(200).default(USUAL_NAME_TEMPLATE).superRefine(judgedBy(nameTemplateFault)),
  description: z.string().min(1).max(1_000).optional(),
  replicaRegions: z.array(Region).max(20).default([]),
  resourcePolicy: ResourcePolicy.optional(),
});

/** What a rule says that only the rest of the rules can judge. */
function targetFaults({ region, replicaRegions, description }: z.output<typeof TargetRule>, tags: readonly string[]) {
  const text = description === undefined ? null : descriptionFault(description, tags);
  return [
    ...(text === null ? [] : [{ field: "description", message: text }]),
    ...(replicaRegions.includes(region) ? [{ field: "replicaRegions", message: "the region itself is none" }] : []),
    ...(new Set(replicaRegions).size < replicaRegions.length ? [{ field: "replicaRegions", message: "twice" }] : []),
  ];
}

const TeamName = z.string().trim().min(1).max(75);
const TeamRule = z.strictObject({
  /** As it stands as owner team. */
  name: TeamName,
  /** Other spellings in paths and custom metadata. */
  aliases: z.array(TeamName).default([]),
  members: Members,
  /** Vault roles or display names whose reads are this team's. */
  vaultRoles: z.array(z.string().regex(/^[^*]+\*?$/, "a name, with a * at its end at most")).default([]),
});

const TagField = z.strictObject({
  label: z.string().max(40),
  tag: z.string().max(127),
  required: z.boolean().default(true),
  /** Closed list; free text where absent. */
  options: z.array(z.string().max(75)).max(100).optional(),
});

const Gate = z
  .strictObject({
    /** "off": no gate holds single paths open; Vault holds the worker to the literal prefixes. Said on receipts. */
    mode: z.enum(["on", "off"]).default("on"),
    /** Only with "off": mount and folder, with a slash at the end. */
    prefixes: z
      .array(
        z
          .string()
          .regex(/^[^/]+\/(?:[^/]+\/)+$/, "a prefix is a mount and a folder, and ends in a slash: secret/team-a/")
          .refine(
            (prefix) => !/[*+]|\{\{|\}\}|(^|\/)\.\.?\/|\p{Cc}/u.test(prefix),
            "can't stand literally in a policy",
          ),
      )
      .default([]),
    maxPerHour: z.number().int().positive().default(600),
  })
  .refine(({ mode, prefixes }) => (mode === "off") === prefixes.length > 0, {
    message: "`mode: off` needs at least one prefix, and only `mode: off` takes prefixes",
  });

const VisibilityRule = z.strictObject({
  /** Over the full path as people type it, mount first. */
  paths: z
    .array(z.string().min(1).max(500).superRefine(judgedBy(pathGlobFault)))
    .min(1)
    .max(100),
  /** Beside support staff, operators and approvers, who work with every name. */
  seenBy: Members,
  /** Whom a refusal names, in words. */
  ask: z.string().trim().min(1).max(80),
});

const WrittenRules = z.strictObject({
  installation: z
    .string()
    .regex(/^[a-z0-9-]{1,40}$/)
    .default("glovebox"),
  /** "off": one process may both approve and move. Said on receipts and by doctor. */
  separation: z.enum(["on", "off"]).default("on"),
  approvals: z.strictObject({
    channel: z.string().min(1),
    approvers: Members,
    expireAfterHours: z
      .number()
      .positive()
      .max(24 * 90)
      .default(72),
    /** How long a signed approval may wait to be carried out. */
    validHours: z
      .number()
      .positive()
      .max(24 * 14)
      .default(24),
    versionRule: z.enum(["ask", "take-current"]).default("ask"),
  }),
  support: z.strictObject({ channel: z.string().min(1), staff: Members }),
  operators: Members,
  /** Who can say "that's mine", and whose reads are whose. */
  teams: z.array(TeamRule).default([]),
  /** Whose names are not for everybody; empty: everybody sees every name. */
  visibility: z.array(VisibilityRule).max(50).default([]),
  gate: Gate.prefault({}),
  /** What was moved is looked at in Vault, metadata only, until it is cleaned up there. */
  drift: z
    .strictObject({
      everyMinutes: z
        .number()
        .int()
        .min(1)
        .max(24 * 60)
        .default(60),
      /** So many secrets in one look, about three calls to Vault each. */
      perLook: z.number().int().min(1).max(10_000).default(200),
    })
    .prefault({}),
  targets: z.array(TargetRule).min(1),
  /** From where on a secret needs more than a request and a yes. */
  lanes: LaneRules.prefault({}),
  metadata: z
    .strictObject({
      /** In the order of the modal. The keys are fixed; labels, tags and options are yours. */
      purpose: TagField.prefault({ label: "What is it?", tag: "purpose" }),
      ownerTeam: TagField.prefault({ label: "Owner team", tag: "owner-team" }),
      application: TagField.prefault({ label: "Application", tag: "application" }),
      environment: TagField.prefault({
        label: "Environment",
        tag: "environment",
        options: ["prod", "staging", "test", "dev", "unknown"],
      }),
      classification: TagField.prefault({
        label: "Classification",
        tag: "classification",
        options: ["public", "internal", "confidential", "restricted"],
      }),
      rotation: TagField.prefault({
        label: "Rotation",
        tag: "rotation",
        options: ["none", "manual", "30 days", "90 days", "yearly"],
      }),
    })
    .prefault({}),
  customMetadata: z
    .strictObject({
      tags: z.union([z.enum(["all", "none"]), z.array(z.string().min(1)).min(1)]).default("all"),
      prefix: z
        .string()
        .regex(/^[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,60}$/u, "a character that AWS does not allow in a tag")
        .default("vault-"),
    })
    .prefault({}),
});

/** `glovebox.yaml`: what the organisation decides. See glovebox.example.yaml. */
export const Rules = WrittenRules.superRefine(({ targets, metadata, teams }, context) => {
  for (const { place, field, message } of teamFaults(teams)) {
    context.addIssue({ code: "custom", path: ["teams", place, field], message });
  }
  const tags = Object.values(metadata).map(({ tag }) => tag);
  for (const [place, target] of targets.entries()) {
    for (const { field, message } of targetFaults(target, tags)) {
      context.addIssue({ code: "custom", path: ["targets", place, field], message });
    }
  }
});
export type Rules = z.output<typeof Rules>;

export class BadRulesError extends Error {}

/** Reads `glovebox.yaml`. @throws {BadRulesError} Names every fault of the file together. */
export function loadRules(file: string): Rules {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    throw new BadRulesError(`${file}: there is no such file, or it can't be read. Copy glovebox.example.yaml to it.`);
  }
  return parseRules(text, file);
}

/** @param file Names the text in messages. @throws {BadRulesError} */
export function parseRules(text: string, file: string): Rules {
  const parsed = Rules.safeParse(withPolicyFiles(parseYaml(text, file), file));
  if (!parsed.success) throw new BadRulesError(`${file}:\n${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

/** The parser's own messages and warnings quote the text, and whoever names a wrong file may name a key file. */
function parseYaml(text: string, file: string): unknown {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, logLevel: "silent" });
  const faults = document.errors.map(({ code, pos }) => `line ${lines.linePos(pos[0]).line}: ${code}`);
  if (faults.length > 0) throw new BadRulesError(`${file} is not YAML:\n${faults.join("\n")}`);
  try {
    return document.toJS();
  } catch {
    throw new BadRulesError(`${file} is not YAML that can be read: it names an alias that is not there, or too many.`);
  }
}

/** `resourcePolicyFile`, beside the rules' own file, in place of a policy that is written in them. */
function withPolicyFiles(written: unknown, file: string): unknown {
  if (!isRecord(written) || !Array.isArray(written.targets)) return written;
  const targets = written.targets.map((target: unknown) => {
    if (!isRecord(target) || typeof target.resourcePolicyFile !== "string") return target;
    const { resourcePolicyFile, ...rest } = target;
    if (rest.resourcePolicy !== undefined) {
      throw new BadRulesError(`${file}: a target has both resourcePolicy and resourcePolicyFile. Give one of them.`);
    }
    return { ...rest, resourcePolicy: readPolicy(resolve(dirname(file), resourcePolicyFile)) };
  });
  return { ...written, targets };
}

function readPolicy(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    throw new BadRulesError(`${file}: the rules name it as a resource policy, and it is not there or not JSON.`);
  }
}

function jsonOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;
