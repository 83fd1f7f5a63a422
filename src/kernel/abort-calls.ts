import { setMaxListeners } from 'node:events';

/** What is to be called, by signal. One listener a signal serves all of them: listeners of its own for each call cost more than the call. */
const waiting = new WeakMap<AbortSignal, Set<() => void>>();

function callsOf(signal: AbortSignal): Set<() => void> {
  const known = waiting.get(signal);
  if (known !== undefined) return known;
  const calls = new Set<() => void>();
  waiting.set(signal, calls);
  setMaxListeners(0, signal);
  const listener = (): void => {
    for (const call of calls) {
      calls.delete(call);
      call();
    }
  };
  signal.addEventListener('abort', listener, { once: true });
  return calls;
}

/**
 * Has `call` called once when the signal aborts; it must not throw. Of a signal that has aborted already nothing is called: look
 * first. Much cheaper than `addEventListener` on a signal that many calls share.
 */
export function whenAborted(signal: AbortSignal, call: () => void): void {
  callsOf(signal).add(call);
}

/** Takes a call back that `whenAborted` was given. */
export function notWhenAborted(signal: AbortSignal, call: () => void): void {
  waiting.get(signal)?.delete(call);
}
