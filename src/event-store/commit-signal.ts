import { EventStoreUnavailable } from './event-store.port.js';

/** Wakes everyone who waits for the next commit of this process. */
export class CommitSignal {
  private waiting = new Set<() => void>();
  private closed = false;

  /** Resolves after the next commit, or when `signal` aborts; rejects once the store is closed. */
  async next(signal: AbortSignal): Promise<void> {
    if (!this.closed && !signal.aborted) await this.turn(signal);
    if (this.closed && !signal.aborted) throw new EventStoreUnavailable('The event store is closed');
  }

  notify(): void {
    if (this.waiting.size === 0) return;
    const woken = this.waiting;
    this.waiting = new Set();
    for (const wake of woken) wake();
  }

  close(): void {
    this.closed = true;
    this.notify();
  }

  private turn(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        signal.removeEventListener('abort', wake);
        this.waiting.delete(wake);
        resolve();
      };
      this.waiting.add(wake);
      signal.addEventListener('abort', wake, { once: true });
    });
  }
}
