import { EventStoreUnavailable } from '../event-store.port.js';

/** What the promise gives, unless that takes longer: then `EventStoreUnavailable`, and nobody minds how it ends. */
export async function within<T>(timeoutMs: number, promise: Promise<T>, doing: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => reject(new EventStoreUnavailable(`Cannot ${doing}: no answer within ${timeoutMs} ms`)),
      timeoutMs,
    );
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
