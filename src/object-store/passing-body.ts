import { Readable } from 'node:stream';
import { StoreError } from './object-store.port.js';

/**
 * Passes another stream's chunks on, with back-pressure and without copying. Either end destroys the other. Sub-classes
 * see what passes and may refuse the end.
 */
export abstract class PassingBody extends Readable {
  private started = false;

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
    if (this.started) this.inner.resume();
    else this.start();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.settled();
    if (!this.inner.destroyed) this.inner.destroy();
    callback(error);
  }

  /** The reader wants more. */
  protected abstract demanded(): void;
  /** A chunk passes; `wanted` tells whether the reader takes more at once. */
  protected abstract passed(chunk: Buffer): void;
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
      this.passed(chunk);
      if (this.push(chunk)) return;
      this.inner.pause();
      this.sated();
    });
    this.inner.on('end', () => {
      const refusal = this.ended();
      if (refusal === undefined) this.push(null);
      else this.destroy(refusal);
    });
  }
}
