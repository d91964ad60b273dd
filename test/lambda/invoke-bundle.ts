/** Plays Lambda: `node invoke-bundle.ts <bundle> <remaining ms> <body>...` calls its handler with one event. */
const [bundle = "", remainingMs = "0", ...bodies] = process.argv.slice(2);
const { handler } = (await import(bundle)) as { handler: (event: unknown, context: unknown) => Promise<unknown> };
const deadline = Date.now() + Number(remainingMs);
const Records = bodies.map((body, index) => ({
  messageId: `message-${index + 1}`,
  receiptHandle: "handle",
  body,
  attributes: { MessageGroupId: "migrations", ApproximateReceiveCount: "1" },
  eventSource: "aws:sqs",
}));
const answer = await handler({ Records }, { getRemainingTimeInMillis: () => deadline - Date.now() });
process.stdout.write(`ANSWER ${JSON.stringify(answer)}\n`);
