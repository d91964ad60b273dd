import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { runGlovebox } from "../glovebox/run-glovebox.ts";
import { FRIENDLY, plantedValues } from "../seed/generate-estate.ts";
import { expect, type Step, type Tour } from "./tour-world.ts";

/** Shorter ones are no secrets but words (`eu-west-2`, a user's name), which the story may well say. */
const CANARY_LENGTH = 12;

/** Runs a command, and shows what it printed. */
async function glovebox(tour: Tour, args: readonly string[], role: "bot" | "worker" = "bot"): Promise<string> {
  const printed = await runGlovebox(args, tour.world.envOf(role));
  tour.see("an operator", `glovebox ${args.join(" ")}`, printed);
  return printed;
}

export const OPERATING: readonly Step[] = [
  {
    name: "the terminal tells what Slack tells: what a secret is, and how its move stands",
    async run(tour) {
      const path = `${FRIENDLY.mount}/${FRIENDLY.path}`;
      const said = await glovebox(tour, ["what", path]);
      expect(/webhook_secret/.test(said), "the keys are missing");
      expect(/Stripe payment key of checkout/.test(said), "the terminal does not say what it is");
      expect(/migrated/.test(await glovebox(tour, ["status", path])), "the state is missing");
      expect(/Running/.test(await glovebox(tour, ["status"])), "the overview does not say that it runs");
    },
  },
  {
    name: "the report counts the estate by lane and by how far it is",
    async run(tour) {
      const printed = await glovebox(tour, ["report"]);
      expect(/^ {2}white-glove +\d/m.test(printed), "a lane is missing");
      expect(/^by team .*\n(.*\n)*? {2}payments +\d/m.test(printed), "a team is missing");
      const csv = await runGlovebox(["report", "--by", "team", "--csv"], tour.world.envOf("bot"));
      expect(/^team,payments,[a-z-]+,moved,\d+$/m.test(csv), "what was moved is not counted for its team");
    },
  },
  ...(["bot", "worker"] as const).map((role) => ({
    name: `doctor finds every right of the ${role} in place, and none too many`,
    async run(tour: Tour) {
      const printed = await glovebox(tour, ["doctor", "--role", role], role);
      expect(!printed.includes("NOT OK"), "something is not as it must be");
    },
  })),
  {
    name: "the audit chain of all this verifies offline, and an altered one does not",
    async run(tour) {
      const file = join(tour.world.runDir, "chain.jsonl");
      const keys = join(tour.world.runDir, "keys");
      const env = {
        PATH: process.env.PATH,
        RECEIPT_PUBLIC_KEY_FILES: join(keys, "receipt.pub"),
        APPROVAL_PUBLIC_KEY_FILES: join(keys, "approval.pub"),
      };
      const exported = await runGlovebox(["export"], tour.world.envOf("worker"));
      await writeFile(file, exported);
      const verified = await runGlovebox(["verify", "--chain", file], env);
      tour.see("an auditor", "glovebox verify --chain chain.jsonl", verified);
      const altered = exported.replace(tour.people.approver.id, tour.people.engineer.id);
      expect(altered !== exported, "the chain does not name the approver");
      await writeFile(file, altered);
      const refused = await runGlovebox(["verify", "--chain", file], env).then(
        () => "",
        (error: Error) => error.message,
      );
      expect(/NOT OK/.test(refused), "an altered chain passed");
    },
  },
  {
    name: "no value of the estate is in Slack, in a log, or in what the model was asked",
    async run(tour) {
      const { runDir, model } = tour.world;
      const logs = join(runDir, "logs");
      const files = await Promise.all((await readdir(logs)).map((name) => readFile(join(logs, name), "utf8")));
      const everything = [...files, JSON.stringify(tour.drive.log()), ...(model?.prompts() ?? [])].join("\n");
      const values = plantedValues(1).filter((value) => value.length >= CANARY_LENGTH);
      const found = values.filter((value) => everything.includes(value)).length;
      tour.see("an auditor", "searching", `${values.length} values in ${everything.length} characters: ${found} found`);
      expect(found === 0, `${found} values leaked`);
    },
  },
];
