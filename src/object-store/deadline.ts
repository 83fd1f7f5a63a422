/**
 * A signal that aborts with its parent or after a time, whichever is first. Linked by hand: `AbortSignal.any` on a
 * long-lived parent keeps every child alive on Node 20. `close` frees the timer and the link; call it always.
 */
export class Deadline {
  private readonly controller = new AbortController();
  private timer: NodeJS.Timeout | undefined;
  private passed = false;

  constructor(
    private readonly parent: AbortSignal,
    private readonly ms: number,
  ) {
    if (parent.aborted) this.controller.abort(parent.reason);
    else {
      parent.addEventListener('abort', this.follow, { once: true });
      this.arm();
    }
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** True when the time ran out before the parent aborted. */
  get expired(): boolean {
    return this.passed;
  }

  /** Starts the time anew. */
  arm(): void {
    if (this.controller.signal.aborted) return;
    if (this.timer === undefined) this.timer = setTimeout(this.expire, this.ms);
    else this.timer.refresh();
  }

  /** Stops the time; the signal still follows its parent. */
  disarm(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  close(): void {
    this.disarm();
    this.parent.removeEventListener('abort', this.follow);
  }

  private readonly follow = (): void => {
    this.disarm();
    this.controller.abort(this.parent.reason);
  };

  private readonly expire = (): void => {
    this.passed = true;
    this.close();
    this.controller.abort(new DOMException('The deadline passed', 'TimeoutError'));
  };
}
