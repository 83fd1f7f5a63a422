interface Waiter {
  readonly isDue: () => boolean;
  readonly answer: (passed: boolean) => void;
}

/** Those who wait for read models to catch up. Each wait is bounded in time, all of them in number. */
export class PositionWaiters {
  private readonly waiting = new Set<Waiter>();

  constructor(private readonly limit = 1_000) {}

  /** True once `isDue` holds at a `check`; false when the time is up, the signal aborts, or no place is left. */
  add(isDue: () => boolean, timeoutMs: number, signal?: AbortSignal): Promise<boolean> {
    if (this.waiting.size >= this.limit || timeoutMs <= 0 || signal?.aborted) return Promise.resolve(false);
    return new Promise((resolve) => {
      const giveUp = () => waiter.answer(false);
      const timer = setTimeout(giveUp, timeoutMs);
      const answer = (passed: boolean) => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', giveUp);
        this.waiting.delete(waiter);
        resolve(passed);
      };
      const waiter: Waiter = { isDue, answer };
      signal?.addEventListener('abort', giveUp, { once: true });
      this.waiting.add(waiter);
    });
  }

  /** Answers those whose moment has come. */
  check(): void {
    for (const waiter of this.waiting) if (waiter.isDue()) waiter.answer(true);
  }

  /** Sends everybody away unanswered. */
  dismiss(): void {
    for (const waiter of this.waiting) waiter.answer(false);
  }
}
