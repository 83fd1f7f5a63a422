/** A bound on how much runs at once. Waiters are served in order; a wait ends with the reason of its signal. */
export class Semaphore {
  private free: number;
  private readonly waiting = new Set<() => void>();

  constructor(readonly permits: number) {
    if (!Number.isInteger(permits) || permits < 1)
      throw new Error(`A semaphore needs at least one permit, not ${permits}`);
    this.free = permits;
  }

  /** Waits for a permit and answers the function that gives it back (calling it twice gives it back once). */
  async acquire(signal?: AbortSignal): Promise<() => void> {
    signal?.throwIfAborted();
    if (this.free > 0) this.free--;
    else await this.turn(signal);
    let released = false;
    return () => {
      if (released) return;
      released = true;
      this.release();
    };
  }

  async run<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    signal?.throwIfAborted();
    if (this.free > 0) this.free--;
    else await this.turn(signal);
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

  private turn(signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const abort = () => {
        this.waiting.delete(next);
        reject(signal?.reason as Error);
      };
      const next = () => {
        signal?.removeEventListener('abort', abort);
        resolve();
      };
      this.waiting.add(next);
      signal?.addEventListener('abort', abort, { once: true });
    });
  }

  private release(): void {
    const [next] = this.waiting;
    if (next === undefined) this.free++;
    else {
      this.waiting.delete(next);
      next();
    }
  }
}
