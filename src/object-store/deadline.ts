import { notWhenAborted, whenAborted } from '../kernel/abort-calls.js';

/** A signal costs more than all else of a call, so one that did not abort serves again. */
class SpareSignals {
  private static readonly MAX_SPARE = 1_000;
  /** Whatever somebody left on a signal goes with it after so many uses. */
  private static readonly MAX_USES = 1_000;
  private readonly spare: ReusedSignal[] = [];

  take(): ReusedSignal {
    return this.spare.pop() ?? new ReusedSignal();
  }

  giveBack(used: ReusedSignal): void {
    used.uses++;
    if (used.signal.aborted || used.uses >= SpareSignals.MAX_USES) return;
    if (this.spare.length < SpareSignals.MAX_SPARE) this.spare.push(used);
  }
}

class ReusedSignal {
  uses = 0;
  private readonly controller = new AbortController();
  readonly signal = this.controller.signal;

  abort(reason: unknown): void {
    this.controller.abort(reason);
  }
}

const signals = new SpareSignals();

/**
 * A signal that aborts with its parent or after a time, whichever is first. Linked by hand: `AbortSignal.any` on a
 * long-lived parent keeps every child alive on Node 20. `close` frees the timer and the link; call it always, and when
 * nothing that matters uses the signal any more: another deadline may have it next.
 */
export class Deadline {
  private readonly reused = signals.take();
  private timer: NodeJS.Timeout | undefined = undefined;
  private armedMs = 0;
  private passed = false;
  private closed = false;
  private onAbort: (() => void) | undefined = undefined;

  constructor(
    private readonly parent: AbortSignal,
    private readonly ms: number,
    /** Asked when the time is over: true grants as much again. */
    private readonly isExcused?: () => boolean,
  ) {
    if (parent.aborted) this.reused.abort(parent.reason);
    else {
      whenAborted(parent, this.follow);
      this.arm();
    }
  }

  get signal(): AbortSignal {
    return this.reused.signal;
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
    if (call !== undefined && this.signal.aborted) this.tell();
  }

  /** Starts the time anew. */
  arm(ms = this.ms): void {
    if (this.closed || this.signal.aborted) return;
    if (this.timer !== undefined && ms === this.armedMs) {
      this.timer.refresh();
      return;
    }
    clearTimeout(this.timer);
    this.armedMs = ms;
    this.timer = setTimeout(expire, ms, this);
  }

  /** Stops the time; the signal still follows its parent. */
  disarm(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.disarm();
    notWhenAborted(this.parent, this.follow);
    signals.giveBack(this.reused);
  }

  /** The time is over. */
  expire(): void {
    if (this.isExcused?.() === true) {
      this.timer = undefined;
      this.arm();
      return;
    }
    this.passed = true;
    this.abort(new DOMException('The deadline passed', 'TimeoutError'));
    this.close();
  }

  private abort(reason: unknown): void {
    this.reused.abort(reason);
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
}

const expire = (deadline: Deadline): void => deadline.expire();

/** Ends when the deadline's signal aborts even when the work does not heed it; then nobody waits for the work's own end. */
export function orAborted<T>(work: Promise<T>, deadline: Deadline): Promise<T> {
  return new Promise((resolve, reject) => {
    deadline.whenAborted(() => reject(deadline.signal.reason as Error));
    work.then(resolve, reject);
  });
}
