import { describe, expect, inject, it, onTestFinished } from "vitest";
import { type AwsFaultKind, type AwsFront, startAwsFront } from "../../dev/aws/strict-front/start-front.ts";
import { orderUndo } from "../../src/approvals/order-undo.ts";
import { GloveboxError } from "../../src/errors.ts";
import { type CrashWorld, crashWorld } from "./crash-world.ts";
import { APPROVER, NOTHING_LEFT } from "./engine-world.ts";
import { attempt, goOn, retry } from "./fault-ends.ts";
import { type Arrange, type Arranged, KINDS, lookAll, lookAt, RULES } from "./write-kinds.ts";

const TIMEOUT = { timeout: 400_000 };
/** One that leaves nobody knowing what was done, and one that says no. The rest are met by each call of a plain move. */
const FAULTS: readonly AwsFaultKind[] = ["lost-answer", "access-denied"];
const CHANGES_NOTHING = /^(Describe|Get|List|Validate)/;
/** All attempts of the SDK, and then some: the run itself ends. */
const LASTING = 3;

interface Call {
  readonly action: string;
  readonly nth: number;
}

/** The calls to AWS that come after, each with how many like it came before. */
function callsSince(aws: AwsFront, from: number): Call[] {
  const counts = new Map<string, number>();
  return aws
    .calls()
    .slice(from)
    .filter(({ service }) => service === "secretsmanager")
    .map(({ action }) => {
      const nth = (counts.get(action) ?? 0) + 1;
      counts.set(action, nth);
      return { action, nth };
    });
}

describe.each(Object.keys(KINDS))("AWS fails at each call of %s", (kind) => {
  const arrange: Arrange = (world) => (KINDS[kind] as Arrange)(world);

  async function behindAws(): Promise<{ world: CrashWorld; aws: AwsFront }> {
    const aws = await startAwsFront(inject("stack").aws.endpointUrl);
    onTestFinished(() => aws.stop());
    return { world: await crashWorld({ ...RULES[kind], awsEndpoint: aws.url, fenceSeconds: 20 }), aws };
  }

  /** A world and a front for each kind of fault, side by side; every call of a clean run is struck in turn. */
  async function meetEach<T>(
    faults: readonly AwsFaultKind[],
    clean: (world: CrashWorld, aws: AwsFront) => Promise<readonly Call[]>,
    run: (world: CrashWorld, strike: { order(): void; clear(): void }, what: string) => Promise<T>,
  ): Promise<string[]> {
    const done: string[] = [];
    await Promise.all(
      faults.map(async (fault) => {
        const { world, aws } = await behindAws();
        for (const { action, nth } of await clean(world, aws)) {
          if (fault === "lost-answer" && CHANGES_NOTHING.test(action)) continue; // as good as no answer
          const what = `${fault} at ${action} #${nth}`;
          const order = () => aws.fault({ kind: fault, action, nth, times: LASTING });
          await run(world, { order, clear: () => aws.clearFaults() }, what);
          await world.store.updateTable("control").set({ isPaused: false, changedAt: new Date() }).execute();
          done.push(what);
        }
        expect(await world.leftovers()).toEqual(NOTHING_LEFT);
      }),
    );
    return done;
  }

  it("waits, or takes back and parks, and ends as if nothing had been", TIMEOUT, async () => {
    let end: unknown;
    const clean = async (world: CrashWorld, aws: AwsFront): Promise<readonly Call[]> => {
      const arranged = await arrange(world);
      const from = aws.calls().length;
      await world.migrate(arranged.id);
      end ??= await lookAll(world, arranged);
      return callsSince(aws, from);
    };
    const done = await meetEach(FAULTS, clean, async (world, strike, what) => {
      const arranged = await arrange(world);
      const before = await looksOf(world, arranged);
      strike.order();
      const code = await attempt(world, arranged.id);
      strike.clear();
      // What could not be taken back at once is left, and taken back by the next attempt.
      if (await isUnfinished(world, arranged.id)) await attemptWhenDue(world, arranged.id);
      if (await isUnfinished(world, arranged.id)) await goOn(world, arranged.id);
      if ((await world.rowOf(arranged.id)).state === "done") {
        expect(await lookAll(world, arranged), what).toEqual(end);
        return;
      }
      expect([what, code]).toEqual([expect.stringContaining("access-denied"), "TARGET_ACCESS_DENIED"]);
      await expectTakenBack(world, arranged, before, what);
      const again = await retry(world, arranged.id);
      const { looks, state } = await lookAll(world, { ...arranged, id: again });
      expect({ looks, state }, what).toEqual({ looks: (end as { looks: unknown }).looks, state: "done" });
    });
    expect(done.length).toBeGreaterThan(4);
  });

  it("finishes an ordered undo as if nothing had been, if need be by a second order", TIMEOUT, async () => {
    let end: unknown;
    const moved = async (world: CrashWorld): Promise<Arranged> => {
      const arranged = await arrange(world);
      await world.migrate(arranged.id);
      return arranged;
    };
    const order = async (world: CrashWorld, id: string) => {
      const { requestId } = await world.rowOf(id);
      await orderUndo(world.decide, { requestId, by: APPROVER });
    };
    const clean = async (world: CrashWorld, aws: AwsFront): Promise<readonly Call[]> => {
      const arranged = await moved(world);
      await order(world, arranged.id);
      const from = aws.calls().length;
      await world.migrate(arranged.id);
      end ??= await lookAll(world, arranged);
      return callsSince(aws, from);
    };
    const done = await meetEach(FAULTS, clean, async (world, strike, what) => {
      const arranged = await moved(world);
      await order(world, arranged.id);
      strike.order();
      const thrown = await world.migrate(arranged.id).then(
        () => null,
        (error: unknown) => error,
      );
      strike.clear();
      if (thrown !== null) expect(thrown, what).toBeInstanceOf(GloveboxError);
      const row = await world.rowOf(arranged.id);
      if (row.state === "done" && row.undoOrder === null) {
        expect([what, row.causeCode]).toEqual([expect.stringContaining("access-denied"), "TARGET_ACCESS_DENIED"]);
        await order(world, arranged.id);
      }
      if (row.state === "done") await world.migrate(arranged.id);
      expect(await lookAll(world, arranged), what).toEqual(end);
    });
    expect(done.length).toBeGreaterThan(2);
  });
});

const looksOf = (world: CrashWorld, { names, id }: Arranged) =>
  Promise.all(names.map((name) => lookAt(world, name, id)));

const isUnfinished = async (world: CrashWorld, id: string): Promise<boolean> =>
  !["done", "failed"].includes((await world.rowOf(id)).state);

async function attemptWhenDue(world: CrashWorld, id: string): Promise<void> {
  await world.store
    .updateTable("migration")
    .set({ dueAt: new Date(0) })
    .where("id", "=", id)
    .execute();
  await attempt(world, id);
}

/** What was made is scheduled for deletion, or was never made; what was there is as it was. */
async function expectTakenBack(world: CrashWorld, arranged: Arranged, before: unknown[], what: string): Promise<void> {
  const after = await looksOf(world, arranged);
  for (const [index, look] of after.entries()) {
    if (before[index] !== "absent") expect(look, what).toEqual(before[index]);
    else if (look !== "absent") expect(look, what).toMatchObject({ isTombstone: true });
  }
}
