import { setMaxListeners } from 'node:events';

/**
 * A signal that aborts with its parent or after a time, whichever is first. Linked by hand: `AbortSignal.any` on a
 * long-lived parent keeps every child alive on Node 20. `close` frees the timer and the link; call it always.
 */
export class Deadline {
  private readonly controller = new AbortController();
  private timer: NodeJS.Timeout | undefined;
  private armedMs = 0;
  private passed = false;
  private closed = false;

  constructor(
    private readonly parent: AbortSignal,
    private readonly ms: number,
    /** Asked when the time is over: true grants as much again. */
    private readonly isExcused?: () => boolean,
  ) {
    if (parent.aborted) this.controller.abort(parent.reason);
    else {
      setMaxListeners(0, parent); // as many as there are calls under it; each takes its own away again
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
  arm(ms = this.ms): void {
    if (this.controller.signal.aborted || this.closed) return;
    if (this.timer !== undefined && ms === this.armedMs) {
      this.timer.refresh();
      return;
    }
    clearTimeout(this.timer);
    this.armedMs = ms;
    this.timer = setTimeout(this.expire, ms);
  }

  /** Stops the time; the signal still follows its parent. */
  disarm(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  close(): void {
    this.closed = true;
    this.disarm();
    this.parent.removeEventListener('abort', this.follow);
  }

  private readonly follow = (): void => {
    this.disarm();
    this.controller.abort(this.parent.reason);
  };

  private readonly expire = (): void => {
    if (this.isExcused?.() === true) {
      this.timer = undefined;
      this.arm();
      return;
    }
    this.passed = true;
    this.close();
    this.controller.abort(new DOMException('The deadline passed', 'TimeoutError'));
  };
}
