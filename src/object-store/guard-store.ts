import type { RetryPolicy } from '../kernel/retry.js';
import type { EndpointGuards } from './endpoint-guards.js';
import type { DestinationStore, SourceStore } from './object-store.port.js';
import type { Pacing } from './retrying.js';
import { withBreaker } from './with-breaker.js';
import { type DeadlineOptions, withDeadlines } from './with-deadlines.js';
import { withLimits } from './with-limits.js';
import { type StoreObserver, withMetrics } from './with-metrics.js';
import { withRetry } from './with-retry.js';

export interface GuardOptions {
  /** Shared by all stores of the process. */
  readonly guards: EndpointGuards;
  /** What the store's endpoint is counted as, such as its host; unless given, its `endpointIdentity`. */
  readonly endpoint?: string;
  readonly retry: RetryPolicy;
  readonly deadlines: DeadlineOptions;
  readonly observer?: StoreObserver;
  readonly pacing?: Pacing;
}

/**
 * A store that is safe to work with. From the outside in: retry, limits, breaker, metrics, deadlines. So a wait between tries
 * holds no permit; what waited for a permit asks the breaker when its turn comes and not before; time spent waiting for a
 * turn is no time of the endpoint; and a call that ran out of time counts as a failure of the endpoint.
 */
export function guardStore(store: DestinationStore, options: GuardOptions): DestinationStore;
export function guardStore(store: SourceStore, options: GuardOptions): SourceStore;
export function guardStore(store: SourceStore, options: GuardOptions): SourceStore {
  const { guards, endpoint = store.endpointIdentity, retry, deadlines, observer, pacing } = options;
  const { guard, release } = guards.lease(endpoint);
  const timed = withDeadlines(store, deadlines);
  const observed = observer === undefined ? timed : withMetrics(timed, endpoint, observer);
  const resting = withBreaker(observed, guard.breaker, pacing && ((ms, signal) => pacing.pause(ms, signal)));
  const guarded = withRetry(withLimits(resting, guard.permits), retry, pacing);
  return {
    ...guarded,
    close: async () => {
      release();
      await guarded.close();
    },
  };
}
