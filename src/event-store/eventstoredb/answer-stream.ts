import { setImmediate as turnOfLoop } from 'node:timers/promises';
import type { Readable } from 'node:stream';

/** What a call of the gRPC library offers its reader. */
export type AnswerCall = Readable & { cancel(): void };

/** What waits for a reader at most: answers, and their bytes. The call is paused beyond either. */
const MAX_WAITING = 1_000;
const MAX_WAITING_BYTES = 4 * 1024 * 1024;

export type Taken<T> = { readonly answers: readonly T[] } | 'quiet' | 'ended';

/**
 * The answers of one call, in the order in which the server sent them. A reader takes all that wait at once, so what is
 * batched is what came while the reader was busy. A slow reader stops the call from being read, and with it the server.
 */
export class AnswerStream<T> {
  private waiting: T[] = [];
  private bytes = 0;
  private failure: Error | undefined;
  private ended = false;
  private wake: (() => void) | undefined;

  constructor(
    private readonly call: AnswerCall,
    private readonly bytesOf: (answer: T) => number,
  ) {
    call.on('data', (answer: T) => this.push(answer));
    call.on('error', (error: Error) => this.finish(error));
    call.on('end', () => this.finish());
  }

  /**
   * What waits, at least one answer; `quiet` when none comes within `quietMs`, `ended` after the last one. Rejects with the
   * failure of the call, after all that came before it.
   */
  async take(quietMs: number): Promise<Taken<T>> {
    if (this.waiting.length === 0 && !this.over) {
      await this.turn(quietMs);
      // What the network has brought already comes within this turn of the event loop, one answer after the other.
      await turnOfLoop();
    }
    if (this.waiting.length > 0) return { answers: this.drain() };
    if (this.failure) throw this.failure;
    return this.ended ? 'ended' : 'quiet';
  }

  /** Resolves when `take` would not wait. */
  async ready(): Promise<void> {
    if (this.waiting.length === 0 && !this.over) await this.turn();
  }

  /** Ends the call and wakes its reader, for whom it has then ended without error. */
  cancel(): void {
    if (!this.over) this.call.cancel();
    this.ended = true;
    this.failure = undefined;
    this.waiting = [];
    this.call.resume(); // a paused call would keep what it has read
    this.wake?.();
  }

  private get over(): boolean {
    return this.ended || this.failure !== undefined;
  }

  private push(answer: T): void {
    if (this.ended) return;
    this.waiting.push(answer);
    this.bytes += this.bytesOf(answer);
    if (this.isFull) this.call.pause();
    this.wake?.();
  }

  private finish(error?: Error): void {
    if (this.over) return;
    if (error) this.failure = error;
    else this.ended = true;
    this.wake?.();
  }

  private get isFull(): boolean {
    return this.waiting.length >= MAX_WAITING || this.bytes >= MAX_WAITING_BYTES;
  }

  private drain(): readonly T[] {
    const answers = this.waiting;
    const wasFull = this.isFull;
    this.waiting = [];
    this.bytes = 0;
    if (wasFull) this.call.resume();
    return answers;
  }

  /** One reader: whoever waits last is woken. */
  private turn(quietMs?: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        resolve();
      };
      const timer = quietMs === undefined ? undefined : setTimeout(done, quietMs);
      this.wake = done;
    });
  }
}
