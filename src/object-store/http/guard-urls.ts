import { type BreakerOptions, CircuitBreaker } from '../circuit-breaker.js';
import { guardStore, type GuardOptions } from '../guard-store.js';
import type { SourceStore } from '../object-store.port.js';
import { targetOfUrl } from './target.js';

export interface UrlGuardOptions extends GuardOptions {
  readonly breaker: BreakerOptions;
}

/** Origins whose health is remembered at once; that of the others begins anew. */
const MAX_ORIGINS = 1000;

/**
 * As `guardStore`, for a store whose keys are URLs: limits and metrics are of all of them together, since there is no end of
 * hosts, but every origin has a breaker of its own. So a host that does not answer rests, and the others go on.
 */
export const guardUrls = (store: SourceStore, options: UrlGuardOptions): SourceStore =>
  guardStore(store, { ...options, breakerOf: breakersByOrigin(options.breaker) });

function breakersByOrigin(options: BreakerOptions): (url: string) => CircuitBreaker {
  const byOrigin = new Map<string, CircuitBreaker>();
  return (url) => {
    const { origin } = targetOfUrl(url);
    const breaker = byOrigin.get(origin) ?? new CircuitBreaker(options);
    // From the origin asked for longest ago to the one asked for last.
    byOrigin.delete(origin);
    byOrigin.set(origin, breaker);
    const [oldest] = byOrigin.keys();
    if (byOrigin.size > MAX_ORIGINS && oldest !== undefined) byOrigin.delete(oldest);
    return breaker;
  };
}
