import type { Clock } from '../kernel/clock.js';
import type { Log } from '../kernel/log.js';
import { SystemTime, type MonotonicTime } from '../kernel/monotonic-time.js';
import { LeaseRecord } from './lease-record.js';
import { Leases, type LeasedWork, type LeaseStatus } from './leases.js';

/** What all leases have in common: one record for each name that is asked for. How a lease is had is for the kinds to say. */
export abstract class RecordedLeases extends Leases {
  private readonly records = new Map<string, LeaseRecord>();

  constructor(
    private readonly clock: Clock,
    private readonly log: Log,
    protected readonly time: MonotonicTime = new SystemTime(),
  ) {
    super();
  }

  override hold(name: string, work: LeasedWork, signal: AbortSignal): Promise<void> {
    if (this.records.has(name)) throw new Error(`The lease ${name} is asked for already`);
    const record = new LeaseRecord(name, this.clock, this.log);
    this.records.set(name, record);
    return this.keep(name, work, record, signal).finally(() => this.records.delete(name));
  }

  override status(): readonly LeaseStatus[] {
    return [...this.records.values()].map((record) => record.status());
  }

  /** As `hold`, for a name that nobody else in this process asks for; what becomes of the lease goes into the record. */
  protected abstract keep(name: string, work: LeasedWork, record: LeaseRecord, signal: AbortSignal): Promise<void>;
}
