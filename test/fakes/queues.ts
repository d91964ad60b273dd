/** Queues that only note what was rung. A lost ring is one that nobody notes. */
export function fakeQueues() {
  const rings: { name: string; data: unknown; jobId: string; delaySeconds: number }[] = [];
  return {
    rings,
    async add(name: string, data: unknown, jobId: string, delaySeconds = 0): Promise<boolean> {
      rings.push({ name, data, jobId, delaySeconds });
      return true;
    },
  };
}
