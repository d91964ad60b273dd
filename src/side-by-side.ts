/**
 * Waits for both, also where one fails: nothing is still under way when the caller goes on or cleans up.
 * @throws The first failure, in the order given.
 */
export async function sideBySide<A, B>(one: Promise<A>, other: Promise<B>): Promise<[A, B]> {
  const [a, b] = await Promise.allSettled([one, other]);
  if (a.status === "rejected") throw a.reason;
  if (b.status === "rejected") throw b.reason;
  return [a.value, b.value];
}
