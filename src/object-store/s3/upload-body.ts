import { Readable } from 'node:stream';
import { StoreError } from '../object-store.port.js';
import type { HeaderPair } from './sigv4.js';

/** The headers that make the service check what arrives. */
export const lengthHeaders = (options: {
  readonly size: number;
  readonly md5?: string | undefined;
}): { readonly signed: HeaderPair[]; readonly unsigned: HeaderPair[] } => ({
  signed: options.md5 === undefined ? [] : [['content-md5', Buffer.from(options.md5, 'hex').toString('base64')]],
  unsigned: [['content-length', String(options.size)]],
});

/** The body of a request; one that has another size than announced never arrives whole. */
export function bodyOf(body: Buffer | Readable, size: number): { readonly body?: Buffer | Readable } {
  if (!Buffer.isBuffer(body)) return { body: new HeldBackTail(body, size) };
  if (body.length !== size) throw wrongSize(body.length, size);
  return size === 0 ? {} : { body };
}

const wrongSize = (received: number, size: number): StoreError =>
  new StoreError('connection', `The body brought ${received} of ${size} bytes announced`);

/**
 * Keeps the chunk that completes the body until the source has ended well. The service takes an object for whole at its last
 * byte: a source that fails after that, or has more to say, would otherwise leave an object behind.
 */
class HeldBackTail extends Readable {
  private received = 0;
  private tail: Buffer | undefined;

  constructor(
    private readonly source: Readable,
    private readonly size: number,
  ) {
    super({ highWaterMark: 256 * 1024 });
    // The request reports what goes wrong: an error on either side destroys the other, and the reader of this one hears it.
    this.on('error', () => undefined);
    if (source.destroyed || source.readableEnded) {
      this.destroy(source.errored ?? wrongSize(0, size));
      return;
    }
    source.on('data', (chunk: Buffer) => this.passOn(chunk));
    source.on('end', () => this.finish());
    source.on('error', (error) => this.destroy(error));
    source.on('close', () => source.readableEnded || this.destroy(wrongSize(this.received, size)));
  }

  override _read(): void {
    this.source.resume();
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    if (!this.source.destroyed) this.source.destroy();
    callback(error);
  }

  private passOn(chunk: Buffer): void {
    this.received += chunk.length;
    if (this.received > this.size) this.destroy(wrongSize(this.received, this.size));
    else if (this.received === this.size) this.tail ??= chunk;
    else if (!this.push(chunk)) this.source.pause();
  }

  private finish(): void {
    if (this.received !== this.size) {
      this.destroy(wrongSize(this.received, this.size));
      return;
    }
    if (this.tail !== undefined) this.push(this.tail);
    this.push(null);
  }
}
