import { type BreakerOptions, CircuitBreaker } from '../circuit-breaker.js';
import type { GuardOptions } from '../guard-store.js';
import type { SourceStore } from '../object-store.port.js';
import { withBreaker } from '../with-breaker.js';
import { withDeadlines } from '../with-deadlines.js';
import { withLimits } from '../with-limits.js';
import { withMetrics } from '../with-metrics.js';
import { withRetry } from '../with-retry.js';
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
export function guardUrls(store: SourceStore, options: UrlGuardOptions): SourceStore {
  const { guards, endpoint = store.endpointIdentity, retry, deadlines, observer, pacing } = options;
  const { guard, release } = guards.lease(endpoint);
  const timed = withDeadlines(store, deadlines);
  const observed = observer === undefined ? timed : withMetrics(timed, endpoint, observer);
  const guarded = withRetry(withLimits(withOriginBreakers(observed, options), guard.permits), retry, pacing);
  return {
    ...guarded,
    close: async () => {
      release();
      await guarded.close();
    },
  };
}

function withOriginBreakers(store: SourceStore, { breaker, pacing }: UrlGuardOptions): SourceStore {
  const byOrigin = new Map<string, SourceStore>();
  const at = (url: string): SourceStore => {
    const { origin } = targetOfUrl(url);
    const resting =
      byOrigin.get(origin) ??
      withBreaker(store, new CircuitBreaker(breaker), pacing && ((ms, signal) => pacing.pause(ms, signal)));
    // From the origin asked for longest ago to the one asked for last.
    byOrigin.delete(origin);
    byOrigin.set(origin, resting);
    const [oldest] = byOrigin.keys();
    if (byOrigin.size > MAX_ORIGINS && oldest !== undefined) byOrigin.delete(oldest);
    return resting;
  };
  return {
    ...store,
    head: async (url, signal) => at(url).head(url, signal),
    open: async (url, options, signal) => at(url).open(url, options, signal),
  };
}
