import { hasEnded } from '../kernel/has-ended.js';
import type { MonotonicTime } from '../kernel/monotonic-time.js';
import { LeaseCandidate, type Taken } from './lease-candidate.js';
import type { LeaseRecord } from './lease-record.js';
import type { LeaseStream } from './lease-stream.js';
import { LeaseTenure } from './lease-tenure.js';
import type { LeasedWork } from './leases.js';
import { RestartDelay } from './restart-delay.js';

type Ending = 'done' | 'failed' | 'aborted';

/** Gets one lease again and again, and runs its work as long as it has it. */
export class LeaseKeeper {
  private readonly candidate: LeaseCandidate;
  private readonly delay = new RestartDelay();

  constructor(
    private readonly stream: LeaseStream,
    private readonly time: MonotonicTime,
    private readonly record: LeaseRecord,
  ) {
    this.candidate = new LeaseCandidate(stream, time, record);
  }

  /** See `Leases.hold`. */
  async run(work: LeasedWork, signal: AbortSignal): Promise<void> {
    while (!hasEnded(signal)) {
      const taken = await this.candidate.take(signal);
      if (taken === undefined) return;
      const startedMs = this.time.nowMs();
      const ending = await this.serve(taken, work, signal);
      if (ending === 'done') return;
      if (ending === 'failed') await this.time.wait(this.delay.after(this.time.nowMs() - startedMs), signal);
    }
  }

  private async serve(taken: Taken, work: LeasedWork, signal: AbortSignal): Promise<Ending> {
    const tenure = new LeaseTenure(this.stream, this.time, this.record, taken);
    this.record.held();
    // Neither signal keeps a listener of work that has ended: both may live long.
    const working = new AbortController();
    const stop = () => working.abort(signal.reason);
    const lose = () => working.abort(tenure.lost.reason);
    signal.addEventListener('abort', stop, { once: true });
    tenure.lost.addEventListener('abort', lose, { once: true });
    if (hasEnded(signal)) stop();
    try {
      return await this.runWork(work, working.signal);
    } finally {
      signal.removeEventListener('abort', stop);
      tenure.lost.removeEventListener('abort', lose);
      await tenure.end();
      this.record.ended();
    }
  }

  private async runWork(work: LeasedWork, signal: AbortSignal): Promise<Ending> {
    if (hasEnded(signal)) return 'aborted';
    try {
      await work(signal);
      return hasEnded(signal) ? 'aborted' : 'done';
    } catch (error) {
      if (hasEnded(signal)) return 'aborted';
      this.record.workFailed(error);
      return 'failed';
    }
  }
}
