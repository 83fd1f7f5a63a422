/** A bound on bytes held in memory at once. Nobody waits for it: who gets nothing does without holding bytes. */
export class ByteBudget {
  private used = 0;

  constructor(readonly bytes: number) {}

  /** The function that gives the bytes back (calling it twice gives them back once), or undefined when there is no room. */
  take(bytes: number): (() => void) | undefined {
    if (this.used + bytes > this.bytes) return undefined;
    this.used += bytes;
    let held = bytes;
    return () => {
      this.used -= held;
      held = 0;
    };
  }

  get inUse(): number {
    return this.used;
  }
}
