import type { ChaosWorld } from "./chaos-world.ts";
import { actOf, type Item } from "./item.ts";
import { orderMove, undo } from "./people.ts";
import { catalogue, putNext, putSame } from "./plant.ts";
import type { Planted } from "./planted-values.ts";
import { describeRaw, idByLabel } from "./raw-aws.ts";
import { afterMove, afterUndo, type ExpectedTarget, withIds } from "./targets.ts";

/** Orders what comes next in the item's schedule; settles it where nothing does. */
export async function startAct(world: ChaosWorld, item: Item, planted: Planted): Promise<void> {
  const act = actOf(item);
  if (!act) {
    item.isSettled = true;
    return;
  }
  item.struck = 0;
  if (act.does === "undo") return undo(world, item);
  if (act.does === "move-next") await putNext(world, item, planted);
  if (act.does === "move-same") await putSame(world, item);
  await catalogue(world, item);
  await orderMove(world, item, async () => {
    if (act.isVersionMoved) await putNext(world, item, planted);
  });
}

/** Of AWS: the engine may not read a value, and does not ask again. */
const REFUSALS: ReadonlySet<string> = new Set(["access-denied", "expired-token", "key-failure"]);

/** What was ordered has ended as it must: from now on this must be in AWS. */
export async function endAct(world: ChaosWorld, item: Item, planted: Planted): Promise<void> {
  const { plan, expected, before, values } = item;
  const isRefused = plan.target !== "free" && !plan.isTakenOver;
  if (!isRefused && actOf(item)?.does === "undo") item.expected = afterUndo(before, expected);
  else if (!isRefused) {
    item.before = expected;
    const isRefusedOnce = actOf(item)?.strikes.some((strike) => strike.on === "aws" && REFUSALS.has(strike.kind));
    item.expected = afterMove(plan, expected, values, isRefusedOnce);
  }
  item.expected = await Promise.all(item.expected.map((target) => nowFixed(world, target)));
  item.actsEnded += 1;
  await startAct(world, item, planted);
}

/** Which versions have the labels is nobody's to foretell; from now on they must keep them. */
async function nowFixed({ aws }: ChaosWorld, target: ExpectedTarget): Promise<ExpectedTarget> {
  const described = await describeRaw(aws, target.name);
  return described ? withIds(target, idByLabel(described)) : target;
}
