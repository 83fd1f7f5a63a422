import { WrongRevision } from '../event-store/event-store.port.js';
import { hasEnded } from '../kernel/has-ended.js';
import type { MonotonicTime } from '../kernel/monotonic-time.js';
import type { LeaseRecord } from './lease-record.js';
import type { LeaseState, LeaseStream } from './lease-stream.js';

/** A lease just taken. */
export interface Taken {
  readonly revision: bigint;
  /** When the append began that took it: nobody can have seen it earlier. */
  readonly beganMs: number;
}

interface Sight {
  readonly revision: bigint | 'no-stream';
  readonly sinceMs: number;
  /** How long the stream must stand still before the lease is taken from whoever wrote its last event. */
  readonly patienceMs: number;
}

/**
 * Waits for a lease. It is free when its stream is new, when its last event is a release or is our own, and when the stream
 * has stood still for the lease's life, measured by this process's own time from when it saw the revision. Whoever takes
 * it expects that revision, so of several only one succeeds, and none if the owner renewed meanwhile.
 */
export class LeaseCandidate {
  private sight: Sight | undefined;

  constructor(
    private readonly stream: LeaseStream,
    private readonly time: MonotonicTime,
    private readonly record: LeaseRecord,
  ) {}

  /** Undefined when the signal aborts first. */
  async take(signal: AbortSignal): Promise<Taken | undefined> {
    this.sight = undefined;
    while (!hasEnded(signal)) {
      const taken = await this.tryOnce().catch((error: unknown) => this.record.storeFailed(error));
      if (taken) return taken;
      await this.time.wait(this.nextLookMs(), signal);
    }
    return undefined;
  }

  private async tryOnce(): Promise<Taken | undefined> {
    const state = await this.stream.look();
    this.record.storeAnswered();
    const sight = this.see(state);
    if (!this.isFree(state, sight)) return undefined;
    const beganMs = this.time.nowMs();
    try {
      const revision = await this.stream.append(sight.revision, this.stream.event('LeaseTaken'));
      // An answer that took too long leaves too little of the lease; the next look finds it ours.
      return this.time.nowMs() - beganMs < this.stream.ttlMs / 3 ? { revision, beganMs } : undefined;
    } catch (error) {
      if (!(error instanceof WrongRevision)) throw error;
      this.sight = { ...sight, revision: error.actual, sinceMs: this.time.nowMs() };
      return undefined;
    }
  }

  /** Notes the revision, and since when it stands: from the answer on, as the last event may have come just before. */
  private see({ revision, last }: LeaseState): Sight {
    // A stream whose events are all too old to be read may look like none; a failed append has told its revision then.
    const current = revision === 'no-stream' ? (this.sight?.revision ?? revision) : revision;
    if (this.sight?.revision !== current)
      this.sight = {
        revision: current,
        sinceMs: this.time.nowMs(),
        patienceMs: Math.max(this.stream.ttlMs, last?.data.ttlMs ?? 0),
      };
    return this.sight;
  }

  private isFree({ last }: LeaseState, { revision, sinceMs, patienceMs }: Sight): boolean {
    if (revision === 'no-stream' || last?.type === 'LeaseReleased') return true;
    return last?.data.owner === this.stream.owner || this.time.nowMs() - sinceMs >= patienceMs;
  }

  private nextLookMs(): number {
    const everyMs = this.stream.ttlMs / 6;
    if (this.sight === undefined) return everyMs;
    const { sinceMs, patienceMs } = this.sight;
    return Math.max(1, Math.min(everyMs, sinceMs + patienceMs - this.time.nowMs()));
  }
}
