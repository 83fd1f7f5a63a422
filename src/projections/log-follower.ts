import { setMaxListeners } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { EventStore, RecordedEvent, SubscriptionBatch } from '../event-store/event-store.port.js';
import { hasEnded } from '../kernel/has-ended.js';
import type { Log } from '../kernel/log.js';
import { backoffMs, wait, type RetryPolicy } from '../kernel/retry.js';

/** A follower is never given up: it waits longer and longer, up to the maximum, and says so in its status. */
export const FOLLOW_FOREVER: RetryPolicy = { attempts: Infinity, baseDelayMs: 100, maxDelayMs: 5_000 };

export type FollowState = 'stopped' | 'catching-up' | 'live' | 'failed';

export interface FollowStatus {
  readonly name: string;
  readonly state: FollowState;
  /** Everything up to here is dealt with; undefined before the first event. */
  readonly position: bigint | undefined;
  /** Failures in a row, and what the last one said. */
  readonly failures: number;
  readonly error: string | undefined;
}

/** What is done with the log, and where it remembers how far it came. */
export interface Followed {
  readonly name: string;
  readonly prefixes: readonly string[];
  /** Events dealt with at once. */
  readonly chunk: number;
  /** Makes ready, and answers the checkpoint. */
  open(): bigint | undefined;
  /** Forgets everything: the log is read again from its beginning. */
  reset(): void;
  /** Deals with these events; a rejection leaves the checkpoint behind them. */
  apply(events: readonly RecordedEvent[], position: bigint, signal: AbortSignal): void | Promise<void>;
  /** Remembers the position, unless it already has. */
  save(position: bigint): void;
}

const SAVE_IDLE_MS = 1_000;
const TURN_EVERY_EVENTS = 500;

/** The pull loop of one projection or reactor: subscribe, apply in order, remember, and after a failure try again. */
export class LogFollower {
  private state: FollowState = 'stopped';
  private position: bigint | undefined;
  private failures = 0;
  private error: string | undefined;
  private opened = false;
  private checkedAgainstHead = false;
  private liveFrom: bigint | undefined;
  private subscription = new AbortController();
  private sinceTurn = 0;
  private savedAt = 0;

  constructor(
    private readonly followed: Followed,
    private readonly eventStore: EventStore,
    private readonly log: Log,
    private readonly advanced: () => void,
    private readonly retry: RetryPolicy = FOLLOW_FOREVER,
  ) {}

  get name(): string {
    return this.followed.name;
  }

  follows(stream: string): boolean {
    return this.followed.prefixes.length === 0 || this.followed.prefixes.some((prefix) => stream.startsWith(prefix));
  }

  hasPassed(position: bigint): boolean {
    return this.position !== undefined && this.position >= position;
  }

  status(): FollowStatus {
    const { state, position, failures, error } = this;
    return { name: this.name, state, position, failures, error };
  }

  /** Starts again from the beginning of the log; running or not. */
  restart(): void {
    this.subscription.abort();
    this.followed.reset();
    this.position = undefined;
    this.opened = true;
  }

  /** Follows until the signal aborts; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    this.state = 'catching-up';
    while (!hasEnded(signal)) {
      try {
        await this.follow(signal);
      } catch (error) {
        if (!hasEnded(signal)) await this.rest(error, signal);
      }
    }
    this.saveQuietly();
    this.state = 'stopped';
  }

  private async follow(stopping: AbortSignal): Promise<void> {
    const subscription = new AbortController();
    this.subscription = subscription;
    const signal = AbortSignal.any([stopping, subscription.signal]);
    setMaxListeners(0, signal);
    if (!this.opened) {
      this.position = this.followed.open();
      this.opened = true;
    }
    await this.compareWithHead();
    if (hasEnded(signal)) return;
    for await (const batch of this.eventStore.subscribeAll(this.position, this.followed.prefixes, signal)) {
      if (hasEnded(signal)) return;
      await this.take(batch, signal);
    }
    if (!hasEnded(signal)) throw new Error('The subscription ended by itself');
  }

  /** A checkpoint beyond the end of the log belongs to another log, such as one restored from a backup. */
  private async compareWithHead(): Promise<void> {
    const head = await this.eventStore.head();
    if (!this.checkedAgainstHead && this.position !== undefined && (head === undefined || this.position > head)) {
      this.log.warn(
        { follower: this.name, position: String(this.position) },
        'Ahead of the event store: starting over',
      );
      this.followed.reset();
      this.position = undefined;
    }
    this.checkedAgainstHead = true;
    this.liveFrom = head;
    // With nothing left to deal with there is nothing left to fail at; otherwise only a success ends a failure.
    if (this.isLive()) this.noteSuccess();
    else if (this.failures === 0) this.state = 'catching-up';
  }

  private async take({ events, position }: SubscriptionBatch, signal: AbortSignal): Promise<void> {
    const { chunk } = this.followed;
    for (let start = 0; start < events.length; start += chunk) {
      const slice = events.length <= chunk ? events : events.slice(start, start + chunk);
      const last = start + chunk >= events.length;
      const reached = last ? position : (slice.at(-1)?.position ?? position);
      const applied = this.followed.apply(slice, reached, signal);
      if (applied) await applied;
      if (hasEnded(this.subscription.signal)) return; // restarted meanwhile: this position belongs to the past
      this.moveTo(reached);
      if ((this.sinceTurn += slice.length) >= TURN_EVERY_EVENTS) {
        this.sinceTurn = 0;
        await nextTurn();
        if (hasEnded(signal)) return;
      }
    }
    if (events.length === 0) this.moveTo(position);
    if (events.length > 0 || Date.now() - this.savedAt > SAVE_IDLE_MS) {
      this.followed.save(position);
      this.savedAt = Date.now();
    }
  }

  private moveTo(position: bigint): void {
    this.position = position;
    this.noteSuccess();
    this.advanced();
  }

  private noteSuccess(): void {
    this.failures = 0;
    this.error = undefined;
    this.state = this.isLive() ? 'live' : 'catching-up';
  }

  private isLive(): boolean {
    return this.liveFrom === undefined || this.hasPassed(this.liveFrom);
  }

  private async rest(error: unknown, signal: AbortSignal): Promise<void> {
    this.failures++;
    this.state = 'failed';
    this.error = error instanceof Error ? error.message : String(error);
    this.saveQuietly();
    const { name, failures } = this;
    this.log.error(
      { follower: name, failures, position: String(this.position), err: error },
      `${name} failed; will retry`,
    );
    // A restart must not sit out the wait for what it may have repaired.
    const waking = AbortSignal.any([signal, this.subscription.signal]);
    await wait(backoffMs(this.retry, failures), waking).catch(() => undefined);
  }

  /** The checkpoint may lag: what it misses is dealt with again. */
  private saveQuietly(): void {
    if (this.position === undefined) return;
    try {
      this.followed.save(this.position);
    } catch (error) {
      this.log.error({ follower: this.name, err: error }, `${this.name} could not save its checkpoint`);
    }
  }
}
