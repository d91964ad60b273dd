import { setTimeout as delay } from "node:timers/promises";
import { DeleteMessageCommand, ReceiveMessageCommand, SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { PRACTICE_TARGET } from "../glovebox/practice-rules.ts";
import { TAKEN_TARGETS } from "../practice-world.ts";
import { FRIENDLY, ODDITIES } from "../seed/generate-estate.ts";
import type { Message } from "../slack/workspace-shapes.ts";
import { expect, type Step, type Tour, textOf } from "./tour-world.ts";

const STRIPE = `${FRIENDLY.mount}/${FRIENDLY.path}`;

/** The form for a path, filled in as far as Glovebox could, with what its pre-flight found. */
async function openForm(tour: Tour, path: string) {
  const { drive, people, channels } = tour;
  await drive.as(people.engineer.id).command(`migrate ${path}`, { channel: channels.general });
  const view = await drive.waitForView(people.engineer.id, ({ submit }) => submit !== undefined);
  return view;
}

const REASON = { "req.reason": "The checkout service moves to AWS this sprint." };
/** As if neither a key nor an endpoint had been configured. */
const WITHOUT_MODEL = { OPENAI_API_KEY: "", OPENAI_BASE_URL: "" };

async function fillAndSend(tour: Tour): Promise<void> {
  const view = tour.drive.openViews(tour.people.engineer.id).at(-1);
  expect(view !== undefined, "no form is open");
  const answers = { ...tour.openFieldsOf(view), "meta.field.rotation": "90 days", ...REASON };
  const { errors } = await tour.drive.as(tour.people.engineer.id).submitView(answers);
  expect(errors === undefined, `the form came back: ${JSON.stringify(errors)}`);
}

async function sendForm(tour: Tour, path: string): Promise<void> {
  await openForm(tour, path);
  await fillAndSend(tour);
}

function killBot({ world }: Tour): void {
  const { bot } = world.running;
  expect(bot !== null, "there is no bot");
  process.kill(bot.pid, "SIGKILL");
}

async function someoneWaitsForALock(tour: Tour): Promise<void> {
  const waiting = "select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()";
  for (const deadline = Date.now() + 15_000; (await tour.rows(waiting)).length === 0; await delay(20)) {
    expect(Date.now() < deadline, "the consumer never took the message");
  }
}

/** @returns Its card. */
async function becameOneRequest(tour: Tour, path: string): Promise<Message> {
  const card = await tour.waitForCard(path, /Waiting for approval/, 60_000);
  await delay(1_000); // a second one would come about now
  const requests = await tour.rows("select 1 from request r join entry e on e.id = r.entry_id where e.full_path = $1", [
    path,
  ]);
  expect(requests.length === 1, `${requests.length} requests came of one form`);
  const cards = (await tour.drive.messages(tour.channels.approvals)).filter((message) =>
    textOf(message).includes(path),
  );
  expect(cards.length === 1, `${cards.length} cards were posted`);
  return card;
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
    name: "without a path the form asks for it, and goes on in place",
    async run(tour) {
      const { drive, people, channels } = tour;
      const { engineer } = people;
      await drive.as(engineer.id).command("/secrets migrate", { channel: channels.general });
      const asks = await drive.waitForView(engineer.id, ({ callback_id: id }) => id === "req.secret.pick");
      tour.seeView(engineer.realName, asks);
      await drive.as(engineer.id).submitView({ "req.secret": STRIPE });
      const form = await drive.waitForView(engineer.id, ({ submit, callback_id: id }) => !!submit && id === "req.new");
      expect(textOf(form).includes(STRIPE), "the form is not about the path that was typed");
      await drive.as(engineer.id).closeView();
    },
  },
  {
    name: "a form that was sent survives the death of its consumer, and becomes one request",
    async run(tour) {
      const { world } = tour;
      await sendForm(tour, STRIPE);
      killBot(tour);
      tour.see("the bot", "its process", "killed with -9 right after the form was acknowledged");
      await world.start("bot", WITHOUT_MODEL);
      tour.seeMessage("approvers", "#secrets-approvals", await becameOneRequest(tour, STRIPE));
    },
  },
  {
    name: "without a model it says so, and works by rules",
    async run(tour) {
      const view = await openForm(tour, `${ODDITIES.manyVersions.mount}/${ODDITIES.manyVersions.path}`);
      tour.seeView(tour.people.engineer.realName, view);
      expect(/No language model is configured/.test(textOf(view)), "it does not say that there is no model");
      expect(!/by the language model/.test(textOf(view)), "a suggestion claims to be a model's");
      await tour.drive.as(tour.people.engineer.id).closeView();
    },
  },
  {
    name: "so does one that its consumer had taken and not yet stored",
    async run(tour) {
      const path = await tour.unusedPath();
      await openForm(tour, path);
      // Whoever stores the request needs this row, so the consumer waits for us with the message in hand.
      const lock = "select id from entry where full_path = $1 for no key update";
      await tour.holding(lock, [path], async () => {
        await fillAndSend(tour);
        await someoneWaitsForALock(tour);
        killBot(tour);
      });
      tour.see("the bot", "its process", "killed with -9 with the message in hand, before its commit");
      await tour.world.start("bot");
      tour.seeMessage("approvers", "#secrets-approvals", await becameOneRequest(tour, path));
    },
  },
  {
    name: "a message that can't be read goes to the dead-letter queue, and support is told",
    async run(tour) {
      const { INTAKE_QUEUE_URL = "", INTAKE_DLQ_URL = "" } = tour.world.envOf("bot");
      const credentials = { accessKeyId: "practice", secretAccessKey: "practice" };
      const endpoint = tour.world.stack.aws.endpointUrl;
      const sqs = new SQSClient({
        endpoint,
        region: PRACTICE_TARGET.region,
        credentials,
        useQueueUrlAsEndpoint: false,
      });
      await sqs.send(new SendMessageCommand({ QueueUrl: INTAKE_QUEUE_URL, MessageBody: "not an envelope" }));
      const told = await tour.drive.waitForMessage(
        tour.channels.support,
        (message) => /could not be read/.test(textOf(message)),
        30_000,
      );
      tour.seeMessage("supporters", "#secrets-support", told);
      expect(!textOf(told).includes("not an envelope"), "its content was shown");
      const QueueUrl = INTAKE_DLQ_URL;
      const { Messages: [dead] = [] } = await sqs.send(
        new ReceiveMessageCommand({ QueueUrl, MessageAttributeNames: ["All"], WaitTimeSeconds: 5 }),
      );
      tour.see(
        "an operator",
        "the dead-letter queue",
        `${dead?.Body}, because: ${dead?.MessageAttributes?.reason?.StringValue}`,
      );
      expect(dead?.Body === "not an envelope", "the dead-letter queue does not hold it");
      // Looked at and done with; doctor would go on to name it.
      await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: dead.ReceiptHandle }));
      sqs.destroy();
    },
  },
];
