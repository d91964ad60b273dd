import { SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { PRACTICE_TARGET } from "../glovebox/practice-rules.ts";
import { TAKEN_TARGETS } from "../practice-world.ts";
import { FRIENDLY, ODDITIES } from "../seed/generate-estate.ts";
import { expect, type Step, type Tour, textOf } from "./tour-world.ts";

const STRIPE = `${FRIENDLY.mount}/${FRIENDLY.path}`;

/** The form for a path, filled in as far as Glovebox could, with what its pre-flight found. */
async function openForm(tour: Tour, path: string) {
  const { drive, people, channels } = tour;
  await drive.as(people.engineer.id).command(`migrate ${path}`, { channel: channels.general });
  const view = await drive.waitForView(people.engineer.id, ({ submit }) => submit !== undefined);
  return view;
}

export const REQUESTING: readonly Step[] = [
  {
    name: "/secrets migrate opens a form with suggestions and where each came from",
    async run(tour) {
      const view = await openForm(tour, STRIPE);
      tour.seeView(tour.people.engineer.realName, view);
      const text = textOf(view);
      expect(/payment-key/.test(text) && /team-payments/.test(text), "a suggestion is missing");
      expect(/naming rules/.test(text) && /custom metadata/.test(text), "it does not say where suggestions came from");
    },
  },
  {
    name: "what is wrong is said under the field, and nothing is sent",
    async run(tour) {
      const { errors } = await tour.drive.as(tour.people.engineer.id).submitView({
        "meta.field.rotation": "90 days",
        "req.name": "not allowed here",
        "req.reason": "Practice.",
      });
      tour.see(tour.people.engineer.realName, "under the form's fields", Object.values(errors ?? {}).join("\n"));
      expect(errors?.["req.name"] !== undefined, "a name outside the allowed prefix was taken");
    },
  },
  {
    name: "a name that somebody else has is told before anything is sent",
    async run(tour) {
      const { errors } = await tour.drive.as(tour.people.engineer.id).submitView({
        "meta.field.rotation": "90 days",
        "req.name": TAKEN_TARGETS.foreign,
        "req.reason": "Practice.",
      });
      tour.see(tour.people.engineer.realName, "under the form's fields", Object.values(errors ?? {}).join("\n"));
      expect(/exists|taken/.test(errors?.["req.name"] ?? ""), "the taken name was not noticed");
      const tomb = await tour.drive.as(tour.people.engineer.id).submitView({
        "meta.field.rotation": "90 days",
        "req.name": TAKEN_TARGETS.scheduled,
        "req.reason": "Practice.",
      });
      tour.see(tour.people.engineer.realName, "under the form's fields", Object.values(tomb.errors ?? {}).join("\n"));
      expect(/scheduled for deletion/.test(tomb.errors?.["req.name"] ?? ""), "the tombstone was not noticed");
      await tour.drive.as(tour.people.engineer.id).closeView();
    },
  },
  {
    name: "a text that looks like a credential is not taken",
    async run(tour) {
      await openForm(tour, STRIPE);
      const { errors } = await tour.drive.as(tour.people.engineer.id).submitView({
        "meta.field.rotation": "90 days",
        "req.reason": "It is AKIAIOSFODNN7EXAMPLE with wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
      });
      tour.see(tour.people.engineer.realName, "under the form's fields", Object.values(errors ?? {}).join("\n"));
      expect(/credential/.test(errors?.["req.reason"] ?? ""), "the credential was taken");
      await tour.drive.as(tour.people.engineer.id).closeView();
    },
  },
  {
    name: "a path that Vault can't lend exactly is told in the form",
    async run(tour) {
      const view = await openForm(tour, `${ODDITIES.starName.mount}/${ODDITIES.starName.path}`);
      tour.seeView(tour.people.engineer.realName, view);
      expect(/wildcard/.test(textOf(view)), "the form does not say why it can't be moved");
      await tour.drive.as(tour.people.engineer.id).closeView();
    },
  },
  {
    name: "a form that was sent survives the death of its consumer, and becomes one request",
    async run(tour) {
      const { drive, people, world, channels } = tour;
      await openForm(tour, STRIPE);
      const { errors } = await drive.as(people.engineer.id).submitView({
        "meta.field.rotation": "90 days",
        "req.reason": "The checkout service moves to AWS this sprint.",
      });
      expect(errors === undefined, `the form came back: ${JSON.stringify(errors)}`);
      process.kill(world.running.bot?.pid ?? 0, "SIGKILL");
      tour.see("the bot", "its process", "killed with -9 right after the form was acknowledged");
      await world.start("bot");
      const card = await tour.waitForCard(STRIPE, /Waiting for approval/, 60_000);
      tour.seeMessage("approvers", "#secrets-approvals", card);
      const requests = await tour.rows("select id from request");
      expect(requests.length === 1, `${requests.length} requests came of one form`);
      const cards = (await drive.messages(channels.approvals)).filter((message) => textOf(message).includes(STRIPE));
      expect(cards.length === 1, `${cards.length} cards were posted`);
    },
  },
  {
    name: "a message that can't be read goes to the dead-letter queue, and support is told",
    async run(tour) {
      const { INTAKE_QUEUE_URL = "" } = tour.world.envOf("bot");
      const credentials = { accessKeyId: "practice", secretAccessKey: "practice" };
      const endpoint = tour.world.stack.aws.endpointUrl;
      const sqs = new SQSClient({
        endpoint,
        region: PRACTICE_TARGET.region,
        credentials,
        useQueueUrlAsEndpoint: false,
      });
      await sqs.send(new SendMessageCommand({ QueueUrl: INTAKE_QUEUE_URL, MessageBody: "not an envelope" }));
      sqs.destroy();
      const told = await tour.drive.waitForMessage(
        tour.channels.support,
        (message) => /could not be read/.test(textOf(message)),
        30_000,
      );
      tour.seeMessage("supporters", "#secrets-support", told);
      expect(!textOf(told).includes("not an envelope"), "its content was shown");
    },
  },
];
