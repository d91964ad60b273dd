import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { ReceiveMessageCommand, SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { takeIntakeMessage } from "../../jobs/intake.ts";
import { recordPoison } from "../../src/approvals/record-poison.ts";
import { recordRedrive } from "../../src/approvals/record-redrive.ts";
import type { Signed } from "../../src/audit/signing.ts";
import { type IntakeVerdict, type PoisonedMessage, sqsIntake } from "../../src/queue/sqs-intake.ts";
import { listPoisonedMessages } from "../../src/store/poisoned-messages.ts";
import { ENGINEER, requestWorld } from "../approvals/request-world.ts";
import { freshSqs } from "./fresh-sqs.ts";

const CONSUMER = fileURLToPath(new URL("intake-process.ts", import.meta.url));
const patient = { timeout: 20_000, interval: 100 };
const letter = (bytes: string): Signed => ({ bytes, signature: "s", keyId: "k" });

async function intakeWorld() {
  const options = await freshSqs();
  const credentials = { accessKeyId: "practice", secretAccessKey: "practice" };
  const sqs = new SQSClient({ endpoint: options.endpoint ?? "", region: options.region, credentials });
  onTestFinished(() => sqs.destroy());
  const codes: string[] = [];
  const intake = sqsIntake({ ...options, log: { warn: ({ code }) => codes.push(code) } });
  onTestFinished(() => intake.close());
  const consume = (
    handle: (body: string) => Promise<IntakeVerdict>,
    record: (message: PoisonedMessage) => Promise<unknown> = async () => {},
  ) => {
    const consumer = intake.consume(handle, async (message) => {
      await record(message);
    });
    onTestFinished(() => consumer.stop());
    return consumer;
  };
  const isEmpty = () => vi.waitFor(async () => expect(await intake.depth()).toEqual({ waiting: 0, dead: 0 }), patient);
  const deadReasons = async () => {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: options.dlqUrl,
        MaxNumberOfMessages: 10,
        MessageAttributeNames: ["reason"],
      }),
    );
    return Messages.map((message) => message.MessageAttributes?.reason?.StringValue);
  };
  /** What anybody with the right to send could put there. */
  const sendRaw = async (MessageBody: string) => {
    await sqs.send(new SendMessageCommand({ QueueUrl: options.queueUrl, MessageBody }));
  };
  return { options, codes, intake, consume, isEmpty, sendRaw, deadReasons };
}

describe("sqsIntake", () => {
  it("hands over what was sent, and deletes it afterwards", async () => {
    const { intake, consume, isEmpty } = await intakeWorld();
    const seen: unknown[] = [];
    await intake.send(letter("one"));
    consume(async (body) => {
      seen.push(JSON.parse(body));
      return { kind: "done" };
    });
    await vi.waitFor(() => expect(seen).toEqual([letter("one")]), patient);
    await isEmpty();
  });

  it("keeps a message that could not be dealt with and brings it again", async () => {
    const { intake, consume, isEmpty, codes } = await intakeWorld();
    let tries = 0;
    await intake.send(letter("one"));
    consume(async () => {
      tries += 1;
      if (tries === 1) throw new Error("the database is down, password hunter2");
      return { kind: "done" };
    });
    await vi.waitFor(() => expect(tries).toBe(2), patient);
    await isEmpty();
    expect(codes.join()).not.toContain("hunter2");
  });

  it("loses nothing when the consumer is killed with a message in hand", async () => {
    const { options, intake, consume, isEmpty } = await intakeWorld();
    await intake.send(letter("one"));
    const child = spawn(process.execPath, [CONSUMER, JSON.stringify(options)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    onTestFinished(() => {
      child.kill("SIGKILL");
    });
    const [taken] = await once(child.stdout, "data");
    expect(JSON.parse(String(taken))).toEqual(letter("one"));
    child.kill("SIGKILL");
    await once(child, "exit");
    const seen: string[] = [];
    consume(async (body) => {
      seen.push(body);
      return { kind: "done" };
    });
    await vi.waitFor(() => expect(seen).toEqual([JSON.stringify(letter("one"))]), patient);
    await isEmpty();
  });

  it("stops after the message in hand, which is deleted", async () => {
    const { intake, consume, isEmpty } = await intakeWorld();
    const [taken, finish] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    await intake.send(letter("one"));
    const consumer = consume(async () => {
      taken.resolve();
      await finish.promise;
      return { kind: "done" };
    });
    await taken.promise;
    const stopped = consumer.stop();
    finish.resolve();
    await stopped;
    await isEmpty();
  });

  it("says whether a message to put back is there", async () => {
    const { intake } = await intakeWorld();
    expect(await intake.redrive("no-such-message")).toBe(false);
  });
});

describe("intake, from the form to the request", () => {
  async function wholeWorld() {
    const [world, sqs] = await Promise.all([requestWorld(), intakeWorld()]);
    const start = () =>
      sqs.consume(
        (body) => takeIntakeMessage(world.intake, body),
        (message) => recordPoison({ store: world.store, now: world.clock.now }, message),
      );
    const requests = () => world.store.selectFrom("request").select(["id", "requester"]).execute();
    return { world, ...sqs, start, requests };
  }

  it("makes one request of an envelope that was sent twice", async () => {
    const { world, intake, start, requests, isEmpty } = await wholeWorld();
    const signed = await world.envelope();
    await intake.send(signed);
    await intake.send(signed);
    start();
    await vi.waitFor(async () => expect(await requests()).toEqual([{ id: "RQ-1001", requester: ENGINEER }]), patient);
    await isEmpty();
    expect(await requests()).toHaveLength(1);
  });

  it("treats a request that is refused for what it asks as dealt with, not as poison", async () => {
    const { world, intake, start, isEmpty } = await wholeWorld();
    await world.request();
    await intake.send(await world.envelope());
    start();
    const refused = () => world.store.selectFrom("intakeMessage").select("refusalCode").orderBy("receivedAt").execute();
    await vi.waitFor(
      async () => expect(await refused()).toContainEqual({ refusalCode: "OPEN_REQUEST_EXISTS" }),
      patient,
    );
    await isEmpty();
    expect(await listPoisonedMessages(world.store)).toEqual([]);
  });

  it("buries what it can't read, shows why, and keeps nothing of it in the database", async () => {
    const { world, start, sendRaw, intake, deadReasons } = await wholeWorld();
    const forged = { ...(await world.envelope()), signature: Buffer.from("forged").toString("base64") };
    for (const body of ["password=hunter2", JSON.stringify({ hello: 1 }), JSON.stringify(forged)]) await sendRaw(body);
    start();
    await vi.waitFor(async () => expect(await intake.depth()).toEqual({ waiting: 0, dead: 3 }), patient);
    const rows = await listPoisonedMessages(world.store);
    expect(rows.map(({ reason }) => reason).sort()).toEqual([
      "It is not a signed envelope: its form is wrong.",
      "It is not a signed envelope: its form is wrong.",
      "Its signature is not by a producer that we trust, or it was altered.",
    ]);
    expect(JSON.stringify(rows)).not.toContain("hunter2");
    expect((await deadReasons()).sort()).toEqual(rows.map(({ reason }) => reason).sort());
    expect(await world.store.selectFrom("request").select("id").execute()).toEqual([]);
  });

  it("takes a buried message after all, once it is put back and its producer is trusted", async () => {
    const { world, intake, consume, start, requests, isEmpty } = await wholeWorld();
    const recorder = { store: world.store, now: world.clock.now };
    await intake.send(await world.envelope());
    const distrustful = consume(
      (body) => takeIntakeMessage({ ...world.intake, keyring: new Map() }, body),
      (message) => recordPoison(recorder, message),
    );
    await vi.waitFor(async () => expect(await intake.depth()).toEqual({ waiting: 0, dead: 1 }), patient);
    await distrustful.stop();
    const [poisoned] = await listPoisonedMessages(world.store);
    const messageId = String(poisoned?.messageId);
    expect(await intake.redrive(messageId)).toBe(true);
    await recordRedrive(recorder, { messageId, by: "operator" });
    start();
    await vi.waitFor(async () => expect(await requests()).toHaveLength(1), patient);
    await isEmpty();
    expect(await listPoisonedMessages(world.store)).toEqual([]);
  });
});
