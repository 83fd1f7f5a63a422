import { backoffMs, type RetryPolicy, wait } from '../kernel/retry.js';
import { StoreError } from './object-store.port.js';

/** The backend code of calls that an open circuit breaker refused: they never reached the endpoint. */
export const CIRCUIT_OPEN = 'CircuitOpen';

/** A backend may ask for a longer wait than the policy's own, up to this many times `maxDelayMs`. */
const RETRY_AFTER_FACTOR = 4;
/** Waits for a resting endpoint are no tries; all of them together last at most this many times `maxDelayMs`. */
const REST_FACTOR = 8;

/** How waits are waited and spread; tests give a manual one. */
export interface Pacing {
  pause(ms: number, signal: AbortSignal): Promise<void>;
  random(): number;
}

export const systemPacing: Pacing = { pause: wait, random: Math.random };

/** The failure when it is one worth another try. */
export const retriableFailure = (error: unknown): StoreError | undefined =>
  error instanceof StoreError && error.retriable ? error : undefined;

/** At least what the backend asked for, within bounds, plus full jitter so that many waiters do not come back at once. */
export const retryDelayMs = (policy: RetryPolicy, attempt: number, failure: StoreError, random: () => number): number =>
  Math.min(failure.retryAfterMs ?? 0, policy.maxDelayMs * RETRY_AFTER_FACTOR) + backoffMs(policy, attempt, random);

/**
 * Runs `work` until it succeeds, fails for good (`worthRetrying` answers undefined), or the policy's attempts are used up.
 * Nothing is tried after the signal aborted; then it rejects with the signal's reason.
 */
export async function retrying<T>(
  policy: RetryPolicy,
  signal: AbortSignal,
  work: (attempt: number) => Promise<T>,
  worthRetrying: (error: unknown) => StoreError | undefined = retriableFailure,
  pacing: Pacing = systemPacing,
): Promise<T> {
  let restedMs = 0;
  for (let attempt = 1; ;) {
    try {
      return await work(attempt);
    } catch (error) {
      signal.throwIfAborted();
      const failure = worthRetrying(error);
      if (failure === undefined) throw error;
      const resting = failure.backendCode === CIRCUIT_OPEN;
      if (resting ? restedMs >= policy.maxDelayMs * REST_FACTOR : attempt >= policy.attempts) throw error;
      const delayMs = retryDelayMs(policy, attempt, failure, () => pacing.random());
      await pacing.pause(delayMs, signal);
      if (resting) restedMs += Math.max(1, delayMs);
      else attempt++;
    }
  }
}
