const FIRST_MS = 1000;
const LONGEST_MS = 30_000;

/** How long work that failed rests: longer each time, from the beginning again after it ran well for a while. */
export class RestartDelay {
  private failures = 0;

  /** The delay after a run that failed after so many milliseconds. */
  after(ranMs: number): number {
    if (ranMs > LONGEST_MS) this.failures = 0;
    return Math.min(LONGEST_MS, FIRST_MS * 2 ** this.failures++);
  }
}
