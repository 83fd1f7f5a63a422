/** A bound on bytes held in memory at once. Who gets none does without holding bytes, or waits where that cannot be. */
export class ByteBudget {
  private used = 0;
  private readonly waiting = new Set<() => boolean>();

  constructor(readonly bytes: number) {}

  /** The function that gives the bytes back (calling it twice gives them back once), or undefined when there is no room. */
  take(bytes: number): (() => void) | undefined {
    return this.waiting.size > 0 ? undefined : this.taken(bytes);
  }

  /**
   * Waits for its turn, first come first served; more than the whole budget is given as the whole budget. Who waits must hold
   * nothing that others need to give theirs back. Rejects with the signal's reason.
   */
  acquire(bytes: number, signal: AbortSignal): Promise<() => void> {
    const wanted = Math.min(bytes, this.bytes);
    return new Promise((resolve, reject) => {
      if (signal.aborted) {
        reject(signal.reason as Error);
        return;
      }
      const abort = (): void => {
        this.waiting.delete(next);
        this.serve();
        reject(signal.reason as Error);
      };
      const next = (): boolean => {
        const release = this.taken(wanted);
        if (release === undefined) return false;
        signal.removeEventListener('abort', abort);
        resolve(release);
        return true;
      };
      this.waiting.add(next);
      signal.addEventListener('abort', abort, { once: true });
      this.serve();
    });
  }

  get inUse(): number {
    return this.used;
  }

  private taken(bytes: number): (() => void) | undefined {
    if (this.used + bytes > this.bytes) return undefined;
    this.used += bytes;
    let held = bytes;
    return () => {
      this.used -= held;
      held = 0;
      if (this.waiting.size > 0) this.serve();
    };
  }

  private serve(): void {
    for (const next of this.waiting) {
      if (!next()) return;
      this.waiting.delete(next);
    }
  }
}
