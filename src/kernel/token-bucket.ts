import type { MonotonicTime } from './monotonic-time.js';

/** How much of a second may be saved up while nobody takes. */
const BURST_SECONDS = 0.2;

interface Waiter {
  readonly bytes: number;
  readonly go: () => void;
}

/**
 * Bytes per second, over any longer while exactly. Who takes is let go while the bucket is not in debt, and may leave it in
 * debt; so pieces of any size pass, and the next one waits for it. No timer runs while nobody waits, none at all when
 * unlimited.
 */
export class TokenBucket {
  private level = 0;
  private filledAtMs: number;
  private bytesPerSecond: number | undefined;
  private readonly queue = new Set<Waiter>();
  private readonly surplusQueue = new Set<Waiter>();
  private callOff: (() => void) | undefined;

  /** Undefined: unlimited. */
  constructor(
    private readonly time: MonotonicTime,
    bytesPerSecond?: number,
  ) {
    this.filledAtMs = time.nowMs();
    this.bytesPerSecond = bytesPerSecond;
  }

  /** Bytes per second; undefined: unlimited. */
  get rate(): number | undefined {
    return this.bytesPerSecond;
  }

  /** True while somebody waits for its turn. */
  get holdsBack(): boolean {
    return this.queue.size > 0 || this.surplusQueue.size > 0;
  }

  /** From now on; those who wait are served at the new rate. */
  setRate(bytesPerSecond: number | undefined): void {
    this.fill();
    // What was saved or owed at another rate is no measure for this one.
    this.level = 0;
    this.bytesPerSecond = bytesPerSecond;
    this.serve();
  }

  /** Takes so many bytes in turn; undefined when that is done at once. Rejects with the signal's reason, then nothing is taken. */
  take(bytes: number, signal: AbortSignal): Promise<void> | undefined {
    return this.enter(this.queue, bytes, signal, this.queue.size > 0);
  }

  /** As `take`, but only what nobody in `take` waits for: for beginning something while others are in the middle. */
  takeSurplus(bytes: number, signal: AbortSignal): Promise<void> | undefined {
    return this.enter(this.surplusQueue, bytes, signal, this.holdsBack);
  }

  /** Returns what was taken and not needed. */
  giveBack(bytes: number): void {
    if (this.bytesPerSecond === undefined) return;
    this.level += bytes;
    if (this.holdsBack) this.serve();
  }

  private enter(
    queue: Set<Waiter>,
    bytes: number,
    signal: AbortSignal,
    othersFirst: boolean,
  ): Promise<void> | undefined {
    if (signal.aborted) return Promise.reject(signal.reason as Error);
    if (this.bytesPerSecond === undefined) return undefined;
    this.fill();
    if (!othersFirst && this.level >= 0) {
      this.level -= bytes;
      return undefined;
    }
    return new Promise((resolve, reject) => {
      const abort = (): void => {
        queue.delete(waiter);
        this.serve();
        reject(signal.reason as Error);
      };
      const go = (): void => {
        signal.removeEventListener('abort', abort);
        resolve();
      };
      const waiter: Waiter = { bytes, go };
      queue.add(waiter);
      signal.addEventListener('abort', abort, { once: true });
      this.serve();
    });
  }

  private fill(): void {
    const nowMs = this.time.nowMs();
    if (this.bytesPerSecond !== undefined) {
      const most = this.bytesPerSecond * BURST_SECONDS;
      this.level = Math.min(most, this.level + ((nowMs - this.filledAtMs) / 1000) * this.bytesPerSecond);
    }
    this.filledAtMs = nowMs;
  }

  /** Lets go whose turn it is, and sets the timer for the next one. */
  private serve(): void {
    this.callOff?.();
    this.callOff = undefined;
    this.fill();
    for (const queue of [this.queue, this.surplusQueue])
      for (const waiter of queue) {
        if (this.bytesPerSecond !== undefined && this.level < 0) break;
        queue.delete(waiter);
        this.level -= waiter.bytes;
        waiter.go();
      }
    if (this.bytesPerSecond === undefined || !this.holdsBack) return;
    const debtMs = (-this.level / this.bytesPerSecond) * 1000;
    this.callOff = this.time.after(Math.max(1, Math.ceil(debtMs)), () => this.serve());
  }
}
