/**
 * Works through the items with a bound on how many at once; answers the results in the order of the items. The first
 * failure aborts the others, and it rejects with that failure when all of them have ended.
 */
export async function inParallel<T, R>(
  items: readonly T[],
  concurrency: number,
  signal: AbortSignal,
  work: (item: T, signal: AbortSignal) => Promise<R>,
): Promise<readonly R[]> {
  const stop = new AbortController();
  const follow = (): void => stop.abort(signal.reason);
  signal.throwIfAborted();
  signal.addEventListener('abort', follow, { once: true });
  const results = new Map<number, R>();
  const queue = items.entries();
  let first: { readonly error: unknown } | undefined;
  const runner = async (): Promise<void> => {
    for (const [index, item] of queue) {
      if (stop.signal.aborted) return;
      try {
        results.set(index, await work(item, stop.signal));
      } catch (error) {
        first ??= { error };
        stop.abort(new Error('Another part failed'));
      }
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.min(concurrency, items.length) }, runner));
  } finally {
    signal.removeEventListener('abort', follow);
  }
  signal.throwIfAborted();
  if (first !== undefined) throw first.error;
  return [...results].sort(([a], [b]) => a - b).map(([, result]) => result);
}
