import type { RetryPolicy } from '../kernel/retry.js';
import { CallDeadlines, type DeadlineOptions } from './call-deadlines.js';
import type { StoreObserver } from './call-observer.js';
import type { CircuitBreaker } from './circuit-breaker.js';
import type { EndpointGuards } from './endpoint-guards.js';
import { GuardedCalls } from './guarded-calls.js';
import { interceptStore } from './intercept-store.js';
import type { DestinationStore, SourceStore } from './object-store.port.js';
import { type Pacing, systemPacing } from './retrying.js';

export interface GuardOptions {
  /** Shared by all stores of the process. */
  readonly guards: EndpointGuards;
  /** What the store's endpoint is counted as, such as its host; unless given, its `endpointIdentity`. */
  readonly endpoint?: string;
  readonly retry: RetryPolicy;
  readonly deadlines: DeadlineOptions;
  readonly observer?: StoreObserver;
  readonly pacing?: Pacing;
  /** The breaker that calls on a key ask, where an endpoint is many; that of the endpoint unless given. */
  readonly breakerOf?: (key: string) => CircuitBreaker;
}

/** A store that is safe to work with: its calls are tried again, bounded, counted and ended in time. See `GuardedCalls`. */
export function guardStore(store: DestinationStore, options: GuardOptions): DestinationStore;
export function guardStore(store: SourceStore, options: GuardOptions): SourceStore;
export function guardStore(store: SourceStore, options: GuardOptions): SourceStore {
  const { guards, endpoint = store.endpointIdentity, retry, observer, pacing = systemPacing, breakerOf } = options;
  const { guard, release } = guards.lease(endpoint);
  const deadlines = new CallDeadlines(options.deadlines);
  const calls = new GuardedCalls(store, { name: endpoint, guard, breakerOf, observer, retry, pacing, deadlines });
  return {
    ...interceptStore(store, calls),
    close: async () => {
      release();
      await store.close();
    },
  };
}
