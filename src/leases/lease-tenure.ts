import { WrongRevision, type NewEvent } from '../event-store/event-store.port.js';
import { hasEnded } from '../kernel/has-ended.js';
import type { MonotonicTime } from '../kernel/monotonic-time.js';
import type { LeaseEvent } from './lease.events.js';
import type { Taken } from './lease-candidate.js';
import type { LeaseRecord } from './lease-record.js';
import type { LeaseStream } from './lease-stream.js';
import { LeaseLost } from './leases.js';

interface Renewal {
  readonly event: NewEvent<LeaseEvent>;
  readonly beganMs: number;
  known: boolean;
}

/**
 * The time in which this process has a lease. It renews a third of the lease's life after the last renewal began, and is lost
 * when two thirds have gone by: the last third is for the work to end before anybody can take over.
 */
export class LeaseTenure {
  private readonly loss = new AbortController();
  private readonly ending = new AbortController();
  private readonly renewing: Promise<void>;
  private revision: bigint;
  private beganMs: number;
  private takenByOther = false;
  private callOffLoss: () => void = () => undefined;

  constructor(
    private readonly stream: LeaseStream,
    private readonly time: MonotonicTime,
    private readonly record: LeaseRecord,
    { revision, beganMs }: Taken,
  ) {
    this.revision = revision;
    this.beganMs = beganMs;
    this.extend(beganMs);
    this.renewing = this.renewUntilEnd();
  }

  /** Aborts with `LeaseLost`. */
  get lost(): AbortSignal {
    return this.loss.signal;
  }

  /** After the work has ended: no more renewals, and unless another has it the lease is given back. */
  async end(): Promise<void> {
    this.ending.abort();
    await this.renewing;
    this.callOffLoss();
    if (this.takenByOther) return;
    await this.stream.append(this.revision, this.stream.event('LeaseReleased')).catch((error: unknown) => {
      // Without the release the others wait for the lease's life.
      if (!(error instanceof WrongRevision)) this.record.storeFailed(error);
    });
  }

  /** Goes on after the loss by time too: what the store accepts still keeps others away while the work ends. */
  private async renewUntilEnd(): Promise<void> {
    const { signal } = this.ending;
    await this.stream.limit().catch((error: unknown) => this.record.storeFailed(error));
    while (!hasEnded(signal)) {
      await this.time.wait(this.beganMs + this.stream.ttlMs / 3 - this.time.nowMs(), signal);
      if (hasEnded(signal) || !(await this.renew(signal))) return;
    }
  }

  /**
   * One renewal, tried until it is known; a slow try does not keep the next one waiting. It is one event, whichever try
   * brought it there, so it counts from when the first one began. False when another process has the lease.
   */
  private async renew(signal: AbortSignal): Promise<boolean> {
    const woken = new AbortController();
    const renewal = { event: this.stream.event('LeaseRenewed'), beganMs: this.time.nowMs(), known: false };
    const wake = () => woken.abort();
    signal.addEventListener('abort', wake, { once: true });
    const tries: Promise<void>[] = [];
    while (!hasEnded(woken.signal)) {
      tries.push(this.tryRenewal(renewal, wake));
      await this.time.wait(this.stream.ttlMs / 8, woken.signal);
    }
    signal.removeEventListener('abort', wake);
    // At an end too: a renewal that arrives first would make the release fail.
    if (!renewal.known) await Promise.all(tries);
    return !this.takenByOther;
  }

  private async tryRenewal(renewal: Renewal, wake: () => void): Promise<void> {
    try {
      const revision = await this.stream.append(this.revision, renewal.event);
      if (renewal.known) return;
      this.revision = revision;
      this.record.storeAnswered();
      this.extend(renewal.beganMs);
    } catch (error) {
      if (renewal.known) return;
      if (!(error instanceof WrongRevision)) {
        this.record.storeFailed(error);
        return;
      }
      this.takenByOther = true;
      this.lose('another process has taken it');
    }
    renewal.known = true;
    wake();
  }

  private extend(beganMs: number): void {
    this.beganMs = beganMs;
    this.callOffLoss();
    const leftMs = beganMs + (this.stream.ttlMs * 2) / 3 - this.time.nowMs();
    const lose = () => this.lose('it could not be renewed in time');
    if (leftMs <= 0) lose();
    else this.callOffLoss = this.time.after(leftMs, lose);
  }

  private lose(how: string): void {
    this.callOffLoss();
    if (hasEnded(this.loss.signal)) return;
    const reason = new LeaseLost(this.stream.name, how);
    this.record.lost(reason);
    this.loss.abort(reason);
  }
}
