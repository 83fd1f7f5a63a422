import type { DomainEvent } from '../kernel/domain-event.js';
import { EventStore } from '../event-store/event-store.port.js';
import { silentLog, type Log } from '../kernel/log.js';
import type { RetryPolicy } from '../kernel/retry.js';
import { ReadStore } from '../read-store/read-store.js';
import { FollowedProjection } from './followed-projection.js';
import { LogFollower, type FollowStatus } from './log-follower.js';
import { PositionWaiters } from './position-waiters.js';
import type { Projection } from './projection.js';

export interface ProjectionStatus extends FollowStatus {
  readonly version: number;
}

interface Hosted {
  readonly follower: LogFollower;
  readonly version: number;
  readonly tables: readonly string[];
  readonly watchers: Set<() => void>;
}

/** Keeps the read models of this process up to date: one pull loop per projection, so that one's failure is its own. */
export class ProjectionHost {
  private readonly hosted = new Map<string, Hosted>();
  private readonly waiters = new PositionWaiters();
  private stopping = new AbortController();
  private loops: Promise<void>[] = [];

  constructor(
    private readonly eventStore: EventStore,
    private readonly readStore: ReadStore,
    private readonly log: Log = silentLog,
    private readonly retry?: RetryPolicy,
  ) {}

  /** Adds a projection; before `start`. Names and tables belong to one projection each. */
  register<E extends DomainEvent>(projection: Projection<E>): void {
    const { name, version } = projection;
    if (this.loops.length > 0) throw new Error(`Projection ${name} registered after the start`);
    if (this.hosted.has(name)) throw new Error(`Two projections are named ${name}`);
    const tables = Object.keys(projection.tables);
    const taken = new Set([...this.hosted.values()].flatMap((other) => other.tables));
    const shared = tables.find((table) => taken.has(table));
    if (shared !== undefined) throw new Error(`Two projections keep a table named ${shared}`);
    const watchers = new Set<() => void>();
    const followed = new FollowedProjection(projection, this.readStore, () => {
      for (const call of watchers) call();
    });
    const advanced = () => this.waiters.check();
    const follower = new LogFollower(followed, this.eventStore, this.log, advanced, this.retry);
    this.hosted.set(name, { follower, version, tables, watchers });
  }

  /** Makes all tables ready, then follows the log in the background. Starting twice is a bug. */
  start(): void {
    if (this.loops.length > 0) throw new Error('The projections are running already');
    this.stopping = new AbortController();
    this.loops = [...this.hosted.values()].map(({ follower }) => follower.run(this.stopping.signal));
  }

  /** Ends the loops with their checkpoints saved; waiters get their answer. May be started again. */
  async stop(): Promise<void> {
    this.stopping.abort();
    this.waiters.dismiss();
    await Promise.all(this.loops);
    this.loops = [];
  }

  /** Drops the tables of one projection, or of all, and fills them again from the beginning of the log. */
  rebuild(name?: string): void {
    if (name !== undefined && !this.hosted.has(name)) throw new Error(`There is no projection named ${name}`);
    for (const [hosted, { follower }] of this.hosted) if (name === undefined || name === hosted) follower.restart();
  }

  /**
   * Waits until every projection that follows `stream` has passed `position`: true then, so a read shows the write. False
   * when the time is up, the signal aborts, the host stops, or too many wait already.
   */
  passed(stream: string, position: bigint, timeoutMs: number, signal?: AbortSignal): Promise<boolean> {
    const open: LogFollower[] = [];
    for (const { follower } of this.hosted.values())
      if (follower.follows(stream) && !follower.hasPassed(position)) open.push(follower);
    if (open.length === 0) return Promise.resolve(true);
    if (this.stopping.signal.aborted) return Promise.resolve(false);
    return this.waiters.add(() => open.every((follower) => follower.hasPassed(position)), timeoutMs, signal);
  }

  /**
   * Has `call` called after each change of the tables of a projection, which may be often; it must be quick and not throw.
   * Answers what ends that.
   */
  watch(name: string, call: () => void): () => void {
    const watchers = this.hosted.get(name)?.watchers;
    if (watchers === undefined) throw new Error(`There is no projection named ${name}`);
    watchers.add(call);
    return () => watchers.delete(call);
  }

  /** True while a projection that follows `stream` cannot go on: its view may be long behind. */
  isFailing(stream: string): boolean {
    for (const { follower } of this.hosted.values())
      if (follower.follows(stream) && follower.status().state === 'failed') return true;
    return false;
  }

  status(): readonly ProjectionStatus[] {
    return [...this.hosted.values()].map(({ follower, version }) => ({ ...follower.status(), version }));
  }
}
