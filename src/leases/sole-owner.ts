import { hasEnded } from '../kernel/has-ended.js';
import type { LeaseRecord } from './lease-record.js';
import type { LeasedWork } from './leases.js';
import { RecordedLeases } from './recorded-leases.js';
import { RestartDelay } from './restart-delay.js';

/** For a process that shares its store with no other: it has every lease it asks for, and nothing is written. */
export class SoleOwner extends RecordedLeases {
  override readonly contested = false;

  protected override async keep(
    _name: string,
    work: LeasedWork,
    record: LeaseRecord,
    signal: AbortSignal,
  ): Promise<void> {
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
