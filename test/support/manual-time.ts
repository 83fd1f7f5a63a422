import { MonotonicTime } from '../../src/kernel/monotonic-time.js';

/** Lets everything that is ready run, until only timers are waited for. */
export const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Time stands still until the test moves it; what is due on the way is called in order. */
export class ManualTime extends MonotonicTime {
  private time = 0;
  private readonly timers = new Set<{ readonly atMs: number; readonly call: () => void }>();

  override nowMs(): number {
    return this.time;
  }

  override after(ms: number, call: () => void): () => void {
    const timer = { atMs: this.time + Math.max(0, ms), call };
    this.timers.add(timer);
    return () => this.timers.delete(timer);
  }

  /** Moves on, timer by timer; between two of them everything runs that can, then `eachStep`. */
  async advance(ms: number, eachStep: () => void = () => undefined): Promise<void> {
    const endMs = this.time + ms;
    await settle();
    for (;;) {
      const [next] = [...this.timers].filter(({ atMs }) => atMs <= endMs).sort((a, b) => a.atMs - b.atMs);
      this.time = next?.atMs ?? endMs;
      if (next) {
        this.timers.delete(next);
        next.call();
        await settle();
      }
      eachStep();
      if (!next) return;
    }
  }
}
