import { setMaxListeners } from 'node:events';

/** Signals that may have as many listeners as there are calls under them; each takes its own away again. */
const widened = new WeakSet<AbortSignal>();

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
  private onAbort: (() => void) | undefined;

  constructor(
    private readonly parent: AbortSignal,
    private readonly ms: number,
    /** Asked when the time is over: true grants as much again. */
    private readonly isExcused?: () => boolean,
  ) {
    if (parent.aborted) this.controller.abort(parent.reason);
    else {
      if (!widened.has(parent)) {
        widened.add(parent);
        setMaxListeners(0, parent);
      }
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

  /**
   * What is called when the signal aborts, at once when it has, in the place of what was to be called before; undefined: nothing
   * any more. Much cheaper than a listener, of which every call of a store would need some.
   */
  whenAborted(call: (() => void) | undefined): void {
    this.onAbort = call;
    if (this.controller.signal.aborted) this.tell();
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

  private abort(reason: unknown): void {
    this.controller.abort(reason);
    this.tell();
  }

  private tell(): void {
    const { onAbort } = this;
    this.onAbort = undefined;
    onAbort?.();
  }

  private readonly follow = (): void => {
    this.disarm();
    this.abort(this.parent.reason);
  };

  private readonly expire = (): void => {
    if (this.isExcused?.() === true) {
      this.timer = undefined;
      this.arm();
      return;
    }
    this.passed = true;
    this.close();
    this.abort(new DOMException('The deadline passed', 'TimeoutError'));
  };
}

/** Ends when the deadline's signal aborts even when the work does not heed it; then nobody waits for the work's own end. */
export function orAborted<T>(work: Promise<T>, deadline: Deadline): Promise<T> {
  return new Promise((resolve, reject) => {
    deadline.whenAborted(() => reject(deadline.signal.reason as Error));
    work.then(resolve, reject);
  });
}
