import { readFileSync } from "node:fs";
import { LineCounter, parseDocument } from "yaml";
import { z } from "zod";

const Members = z
  .strictObject({ users: z.array(z.string()).default([]), usergroups: z.array(z.string()).default([]) })
  .refine(({ users, usergroups }) => users.length + usergroups.length > 0, "name at least one user or user group");

const TargetRule = z.strictObject({
  accountId: z.string().regex(/^\d{12}$/, "an AWS account id has 12 digits"),
  region: z.string().min(1),
  /** The worker refuses any other name. */
  namePrefix: z.string().regex(/^[A-Za-z0-9/_+=.@-]*$/, "a character that AWS does not allow in a name"),
  /** The first is the default; an empty list means the AWS-managed key. */
  kmsKeyIds: z.array(z.string().min(1)).default([]),
  label: z.string().max(60).optional(),
});

const TagField = z.strictObject({
  label: z.string().max(40),
  tag: z.string().max(127),
  required: z.boolean().default(true),
  /** Closed list; free text where absent. */
  options: z.array(z.string().max(75)).max(100).optional(),
});

/** `glovebox.yaml`: what the organisation decides. See glovebox.example.yaml. */
export const Rules = z.strictObject({
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
  gate: z.strictObject({ maxPerHour: z.number().int().positive().default(600) }).prefault({}),
  targets: z.array(TargetRule).min(1),
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
  const parsed = Rules.safeParse(parseYaml(text, file));
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
