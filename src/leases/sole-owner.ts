import type { Clock } from '../kernel/clock.js';
import { hasEnded } from '../kernel/has-ended.js';
import type { Log } from '../kernel/log.js';
import { SystemTime, type MonotonicTime } from '../kernel/monotonic-time.js';
import { LeaseRecord } from './lease-record.js';
import { Leases, type LeasedWork, type LeaseStatus } from './leases.js';
import { RestartDelay } from './restart-delay.js';

/** For a process that shares its store with no other: it has every lease it asks for, and nothing is written. */
export class SoleOwner extends Leases {
  override readonly contested = false;
  private readonly records = new Map<string, LeaseRecord>();

  constructor(
    private readonly clock: Clock,
    private readonly log: Log,
    private readonly time: MonotonicTime = new SystemTime(),
  ) {
    super();
  }

  override hold(name: string, work: LeasedWork, signal: AbortSignal): Promise<void> {
    if (this.records.has(name)) throw new Error(`The lease ${name} is asked for already`);
    const record = new LeaseRecord(name, this.clock, this.log);
    this.records.set(name, record);
    return this.run(work, record, signal).finally(() => this.records.delete(name));
  }

  override status(): readonly LeaseStatus[] {
    return [...this.records.values()].map((record) => record.status());
  }

  private async run(work: LeasedWork, record: LeaseRecord, signal: AbortSignal): Promise<void> {
    const delay = new RestartDelay();
    while (!hasEnded(signal)) {
      record.held();
      const startedMs = this.time.nowMs();
      try {
        await work(signal);
        return;
      } catch (error) {
        if (hasEnded(signal)) return;
        record.workFailed(error);
        record.ended();
      }
      await this.time.wait(delay.after(this.time.nowMs() - startedMs), signal);
    }
  }
}
