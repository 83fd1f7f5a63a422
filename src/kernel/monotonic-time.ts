import { hasEnded } from './has-ended.js';

/** Time that only goes forward, for waits that must not hang on the clock on the wall. A test moves it by hand. */
export abstract class MonotonicTime {
  /** Milliseconds since some moment of this process. */
  abstract nowMs(): number;

  /** Calls `call` once after so many milliseconds; what it answers calls that off. Keeps no process alive. */
  abstract after(ms: number, call: () => void): () => void;

  /** Resolves after so many milliseconds, or when the signal aborts. */
  wait(ms: number, signal: AbortSignal): Promise<void> {
    if (hasEnded(signal)) return Promise.resolve();
    return new Promise((resolve) => {
      const end = () => {
        callOff();
        signal.removeEventListener('abort', end);
        resolve();
      };
      const callOff = this.after(ms, end);
      signal.addEventListener('abort', end, { once: true });
    });
  }
}

export class SystemTime extends MonotonicTime {
  override nowMs(): number {
    return performance.now();
  }

  override after(ms: number, call: () => void): () => void {
    const timer = setTimeout(call, ms);
    timer.unref();
    return () => clearTimeout(timer);
  }
}
