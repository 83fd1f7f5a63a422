/** Lets those who wait look again when something may have changed. What they wait for is theirs to check, before and after. */
export class Bell {
  private waiting: (() => void)[] = [];

  ring(): void {
    const woken = this.waiting;
    this.waiting = [];
    for (const wake of woken) wake();
  }

  /** Resolves at the next ring. */
  rung(): Promise<void> {
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  /** Waits until it holds; rejects with the signal's reason when that aborts. Somebody has to ring then, too. */
  async until(holds: () => boolean, signal: AbortSignal): Promise<void> {
    for (;;) {
      signal.throwIfAborted();
      if (holds()) return;
      await this.rung();
    }
  }
}
