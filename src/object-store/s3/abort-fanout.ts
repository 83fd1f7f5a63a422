import { setMaxListeners } from 'node:events';

/** Those who wait for one signal. */
const waiting = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Calls back once when the signal aborts, until the answer is called. One listener serves all requests under a signal and
 * stays with it: adding and removing one for each request costs more than the request's own parsing.
 */
export function onAbort(signal: AbortSignal, callback: () => void): () => void {
  let callbacks = waiting.get(signal);
  if (callbacks === undefined) {
    const all = new Set<() => void>();
    callbacks = all;
    waiting.set(signal, all);
    setMaxListeners(0, signal); // others listen to it as well, as many as there are calls under it
    signal.addEventListener('abort', () => all.forEach((each) => each()), { once: true });
  }
  const all = callbacks;
  all.add(callback);
  return () => void all.delete(callback);
}
