/** Writes batches one after the other while the next is read. */
export interface WriteBehind {
  /** Takes one write. Waits only while so many are behind that memory would grow. @throws What an earlier write met. */
  push(write: () => Promise<void>): Promise<void>;
  /** Waits until all is written. @throws What a write met. */
  drain(): Promise<void>;
}

const BEHIND_AT_MOST = 2;

export function writeBehind(): WriteBehind {
  let last: Promise<void> = Promise.resolve();
  let behind = 0;
  let failure: { readonly error: unknown } | null = null;
  const assertSound = (): void => {
    if (failure !== null) throw failure.error;
  };
  return {
    async push(write) {
      assertSound();
      behind += 1;
      last = last.then(async () => {
        try {
          if (failure === null) await write();
        } catch (error) {
          failure ??= { error };
        } finally {
          behind -= 1;
        }
      });
      if (behind > BEHIND_AT_MOST) await last;
      assertSound();
    },
    async drain() {
      await last;
      assertSound();
    },
  };
}
