import type { EventStore } from '../event-store/event-store.port.js';
import type { Clock } from '../kernel/clock.js';
import type { Log } from '../kernel/log.js';
import { SystemTime, type MonotonicTime } from '../kernel/monotonic-time.js';
import { LeaseKeeper } from './lease-keeper.js';
import { LeaseRecord } from './lease-record.js';
import { LeaseStream } from './lease-stream.js';
import { Leases, type LeasedWork, type LeaseStatus } from './leases.js';

export interface EventStoreLeasesOptions {
  /** Names this process and this run of it, for people too: no other process may ever have the same. */
  readonly owner: string;
  /**
   * How long a lease lives without a renewal; equal in all processes. Work is taken over about this long after its process
   * died, and stops when the store is out of reach for two thirds of it.
   */
  readonly ttlMs: number;
}

/** Leases among the processes that share an event store: one small stream each. */
export class EventStoreLeases extends Leases {
  override readonly contested = true;
  private readonly records = new Map<string, LeaseRecord>();

  constructor(
    private readonly store: EventStore,
    private readonly clock: Clock,
    private readonly log: Log,
    private readonly options: EventStoreLeasesOptions,
    private readonly time: MonotonicTime = new SystemTime(),
  ) {
    super();
  }

  override hold(name: string, work: LeasedWork, signal: AbortSignal): Promise<void> {
    if (this.records.has(name)) throw new Error(`The lease ${name} is asked for already`);
    const record = new LeaseRecord(name, this.clock, this.log);
    this.records.set(name, record);
    const { owner, ttlMs } = this.options;
    const stream = new LeaseStream(this.store, name, owner, ttlMs, this.time);
    return new LeaseKeeper(stream, this.time, record).run(work, signal).finally(() => this.records.delete(name));
  }

  override status(): readonly LeaseStatus[] {
    return [...this.records.values()].map((record) => record.status());
  }
}
