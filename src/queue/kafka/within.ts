/** What the promise answers, or a rejection with `error` when that takes longer; the work itself is not stopped. */
export async function within<T>(ms: number, work: Promise<T>, error: () => Error): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(error()), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Waits for an ending that may fail or hang, at most so long; never rejects. */
export async function endWithin(ms: number, ending: Promise<unknown>): Promise<void> {
  await within(ms, ending, () => new Error('too late')).catch(() => undefined);
}
