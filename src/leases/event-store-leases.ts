import type { EventStore } from '../event-store/event-store.port.js';
import type { Clock } from '../kernel/clock.js';
import type { Log } from '../kernel/log.js';
import type { MonotonicTime } from '../kernel/monotonic-time.js';
import { LeaseKeeper } from './lease-keeper.js';
import type { LeaseRecord } from './lease-record.js';
import { LeaseStream } from './lease-stream.js';
import type { LeasedWork } from './leases.js';
import { RecordedLeases } from './recorded-leases.js';

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
export class EventStoreLeases extends RecordedLeases {
  override readonly contested = true;

  constructor(
    private readonly store: EventStore,
    clock: Clock,
    log: Log,
    private readonly options: EventStoreLeasesOptions,
    time?: MonotonicTime,
  ) {
    super(clock, log, time);
  }

  protected override keep(name: string, work: LeasedWork, record: LeaseRecord, signal: AbortSignal): Promise<void> {
    const { owner, ttlMs } = this.options;
    const stream = new LeaseStream(this.store, name, owner, ttlMs, this.time);
    return new LeaseKeeper(stream, this.time, record).run(work, signal);
  }
}
