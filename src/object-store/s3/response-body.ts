import { Readable } from 'node:stream';
import { StoreError } from '../object-store.port.js';

/** What a body needs of the connection that feeds it. */
export interface BodySource {
  pause(): void;
  resume(): void;
  abort(reason: Error): void;
}

/** A response body that ends only when exactly the announced bytes came, and gives its connection up when destroyed. */
export class ResponseBody extends Readable {
  private received = 0;
  private complete = false;

  constructor(
    private readonly source: BodySource,
    private readonly announced: number | undefined,
    private readonly onClosed: () => void,
  ) {
    super({ highWaterMark: 256 * 1024 });
  }

  receive(chunk: Buffer): void {
    this.received += chunk.length;
    if (this.announced !== undefined && this.received > this.announced) this.destroy(this.wrongLength());
    else if (!this.push(chunk)) this.source.pause();
  }

  finish(): void {
    this.complete = true;
    if (this.announced !== undefined && this.received !== this.announced) this.destroy(this.wrongLength());
    else this.push(null);
  }

  override _read(): void {
    this.source.resume();
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    this.onClosed();
    if (!this.complete) {
      this.complete = true;
      this.source.abort(error ?? new Error('The body is no longer wanted'));
    }
    callback(error);
  }

  private wrongLength(): StoreError {
    return new StoreError('connection', `The body had ${this.received} bytes instead of ${this.announced ?? 0}`);
  }
}
