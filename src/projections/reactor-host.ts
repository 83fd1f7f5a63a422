import type { DomainEvent } from '../kernel/domain-event.js';
import { EventStore } from '../event-store/event-store.port.js';
import { silentLog, type Log } from '../kernel/log.js';
import type { RetryPolicy } from '../kernel/retry.js';
import { ReadStore } from '../read-store/read-store.js';
import { FollowedReactor } from './followed-reactor.js';
import { LogFollower, type FollowStatus } from './log-follower.js';
import type { Reactor } from './projection.js';

/** Runs reactors: one pull loop each, every event handled at least once and in order, a failing one tried again. */
export class ReactorHost {
  private readonly followers = new Map<string, LogFollower>();
  private stopping = new AbortController();
  private loops: Promise<void>[] = [];

  constructor(
    private readonly eventStore: EventStore,
    private readonly readStore: ReadStore,
    private readonly log: Log = silentLog,
    private readonly retry?: RetryPolicy,
  ) {}

  /** Adds a reactor; before `start`. The checkpoint is kept under its name. */
  register<E extends DomainEvent>(reactor: Reactor<E>): void {
    const { name } = reactor;
    if (this.loops.length > 0) throw new Error(`Reactor ${name} registered after the start`);
    if (this.followers.has(name)) throw new Error(`Two reactors are named ${name}`);
    const followed = new FollowedReactor(reactor, this.readStore);
    this.followers.set(name, new LogFollower(followed, this.eventStore, this.log, () => undefined, this.retry));
  }

  /** Follows the log in the background. Starting twice is a bug. */
  start(): void {
    if (this.loops.length > 0) throw new Error('The reactors are running already');
    this.stopping = new AbortController();
    this.loops = [...this.followers.values()].map((follower) => follower.run(this.stopping.signal));
  }

  /** Aborts the signal of the handlers, waits until they have ended, and saves the checkpoints. May be started again. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await Promise.all(this.loops);
    this.loops = [];
  }

  status(): readonly FollowStatus[] {
    return [...this.followers.values()].map((follower) => follower.status());
  }
}
