import { hasEnded } from '../../kernel/has-ended.js';
import type { Log } from '../../kernel/log.js';
import { backoffMs, wait, type RetryPolicy } from '../../kernel/retry.js';
import { EventStoreUnavailable, type SubscriptionBatch } from '../event-store.port.js';
import { InvalidPosition } from './errors.js';
import { at, justAfter } from './read-requests.js';
import { Subscription, type PlacedBatch, type SubscriptionContext, type SubscriptionStart } from './subscription.js';

export interface FollowContext extends SubscriptionContext {
  /** How long the store may stay out of reach before whoever follows is told. */
  readonly unreachableAfterMs: number;
  readonly log: Log;
}

const RESUBSCRIBE: RetryPolicy = { attempts: Infinity, baseDelayMs: 50, maxDelayMs: 2_000 };

/**
 * The log after `from`, then live, over as many subscriptions as it takes: each starts where the one before it ended. Ends
 * when the signal aborts; throws `EventStoreUnavailable` when the store stays out of reach.
 */
export async function* follow(
  context: FollowContext,
  from: bigint | undefined,
  prefixes: readonly string[],
  signal: AbortSignal,
): AsyncGenerator<SubscriptionBatch> {
  let start: SubscriptionStart = { place: from === undefined ? undefined : at(from), position: from, prefixes };
  const outage = new Outage(context);
  while (!hasEnded(signal)) {
    try {
      for await (const batch of subscribed(context, start, signal)) {
        outage.isOver(batch !== undefined);
        if (!batch) continue;
        const { place, position, events } = batch;
        start = { place, position, prefixes };
        yield { events, position };
        if (hasEnded(signal)) return;
      }
    } catch (error) {
      if (hasEnded(signal)) return;
      if (error instanceof InvalidPosition && start.position !== undefined && start.place?.commit === start.position) {
        // No event stands there. The place after it may be one, and then nothing lies between.
        start = { ...start, place: justAfter(start.position) };
      } else await outage.rest(error, start.position, signal);
    }
  }
}

/** One subscription; leaves nothing behind, however its reader or the signal ends it. */
async function* subscribed(
  context: FollowContext,
  start: SubscriptionStart,
  signal: AbortSignal,
): AsyncGenerator<PlacedBatch | undefined> {
  let abort: () => void = () => undefined;
  const aborted = new Promise<undefined>((resolve) => {
    abort = () => resolve(undefined);
  });
  const opening = Subscription.open(context, start);
  const cancel = () => {
    abort();
    opening.then((subscription) => subscription.cancel()).catch(() => undefined);
  };
  signal.addEventListener('abort', cancel, { once: true });
  try {
    const subscription = await Promise.race([opening, aborted]);
    if (subscription) yield* subscription.batches();
  } finally {
    signal.removeEventListener('abort', cancel);
    cancel();
  }
}

/** How long it has been going wrong. */
class Outage {
  private since: number | undefined;
  private attempts = 0;

  constructor(private readonly context: FollowContext) {}

  /** The store speaks. Only progress starts the waits anew: a store that drops everyone at once is not asked without pause. */
  isOver(progress: boolean): void {
    this.since = undefined;
    if (progress) this.attempts = 0;
  }

  /** Waits before the next subscription; throws what is not to be tried again, or not any longer. */
  async rest(error: unknown, position: bigint | undefined, signal: AbortSignal): Promise<void> {
    if (!(error instanceof EventStoreUnavailable)) throw error;
    const now = performance.now();
    this.since ??= now;
    if (now - this.since >= this.context.unreachableAfterMs) throw error;
    if (this.attempts++ === 0)
      this.context.log.warn(
        { position: String(position), reason: error.message },
        'Lost the subscription to the event store; subscribing again',
      );
    await wait(Math.max(1, backoffMs(RESUBSCRIBE, this.attempts)), signal).catch(() => undefined);
  }
}
