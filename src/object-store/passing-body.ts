import { Readable } from 'node:stream';
import { StoreError } from './object-store.port.js';

/**
 * Passes another stream's chunks on, with back-pressure and without copying. Either end destroys the other. Sub-classes
 * see what passes, may hold it up, and may refuse the end.
 */
export abstract class PassingBody extends Readable {
  private started = false;
  /** A chunk waits for leave; the inner stream stands still meanwhile. */
  private holding = false;
  private innerEnded = false;

  constructor(protected readonly inner: Readable) {
    super();
    // Either may fail before its reader listens, and that must not become an unhandled error.
    this.on('error', () => undefined);
    inner.on('error', (error) => this.destroy(this.failed(error)));
    inner.on('close', () => {
      if (!inner.readableEnded && !this.destroyed) {
        this.destroy(this.failed(new StoreError('connection', 'The body was closed before its end')));
      }
    });
  }

  override _read(): void {
    this.demanded();
    if (!this.started) this.start();
    else if (!this.holding) this.inner.resume();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.settled();
    if (!this.inner.destroyed) this.inner.destroy();
    callback(error);
  }

  /** The reader wants more. */
  protected abstract demanded(): void;
  /** A chunk passes, at once or when what this answers resolves. */
  protected abstract passed(chunk: Buffer): Promise<void> | void;
  /** The reader has enough for now. */
  protected abstract sated(): void;
  /** The inner stream ended; an error here takes the place of the end. */
  protected abstract ended(): Error | undefined;
  /** What the reader gets to see when the inner stream failed. */
  protected failed(error: Error): Error {
    return error;
  }
  /** Over, well or not. */
  protected abstract settled(): void;

  private start(): void {
    this.started = true;
    this.inner.on('data', (chunk: Buffer) => {
      const leave = this.passed(chunk);
      if (leave === undefined) this.give(chunk);
      else this.hold(chunk, leave);
    });
    this.inner.on('end', () => {
      this.innerEnded = true;
      if (!this.holding) this.finish();
    });
  }

  private give(chunk: Buffer): boolean {
    if (this.push(chunk)) return true;
    this.inner.pause();
    this.sated();
    return false;
  }

  private hold(chunk: Buffer, leave: Promise<void>): void {
    this.holding = true;
    this.inner.pause();
    leave.then(
      () => {
        this.holding = false;
        if (this.destroyed) return;
        const wantsMore = this.give(chunk);
        if (this.innerEnded) this.finish();
        else if (wantsMore) this.inner.resume();
      },
      (error: unknown) => this.destroy(error instanceof Error ? error : new Error(String(error))),
    );
  }

  private finish(): void {
    const refusal = this.ended();
    if (refusal === undefined) this.push(null);
    else this.destroy(refusal);
  }
}
