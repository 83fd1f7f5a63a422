import { notWhenAborted, whenAborted } from './abort-calls.js';

/** One that waits for a permit, in a list that any of them can leave. */
class Waiter {
  previous: Waiter | undefined;
  next: Waiter | undefined;

  constructor(readonly admit: () => void) {}
}

/** A bound on how much runs at once. Waiters are served in order; a wait ends with the reason of its signal. */
export class Semaphore {
  private free: number;
  private first: Waiter | undefined;
  private last: Waiter | undefined;

  constructor(readonly permits: number) {
    if (!Number.isInteger(permits) || permits < 1)
      throw new Error(`A semaphore needs at least one permit, not ${permits}`);
    this.free = permits;
  }

  /** Takes a permit when one is free now. Whoever has one gives it back with `release`, once. */
  take(): boolean {
    if (this.free === 0) return false;
    this.free--;
    return true;
  }

  /** Takes a permit, waiting for it where none is free. */
  async acquire(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    if (!this.take()) await this.turn(signal);
  }

  release(): void {
    const { first } = this;
    if (first === undefined) {
      this.free++;
      return;
    }
    this.unlist(first);
    first.admit();
  }

  async run<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    await this.acquire(signal);
    try {
      return await work();
    } finally {
      this.release();
    }
  }

  /** Permits in use now. */
  get inUse(): number {
    return this.permits - this.free;
  }

  private turn(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const abort = (): void => {
        this.unlist(waiter);
        reject(signal?.reason as Error);
      };
      const admit = (): void => {
        if (signal !== undefined) notWhenAborted(signal, abort);
        resolve();
      };
      const waiter = new Waiter(admit);
      this.list(waiter);
      if (signal !== undefined) whenAborted(signal, abort);
    });
  }

  private list(waiter: Waiter): void {
    waiter.previous = this.last;
    if (this.last === undefined) this.first = waiter;
    else this.last.next = waiter;
    this.last = waiter;
  }

  private unlist({ previous, next }: Waiter): void {
    if (previous === undefined) this.first = next;
    else previous.next = next;
    if (next === undefined) this.last = previous;
    else next.previous = previous;
  }
}
