import { pipeline, Transform, type Readable, type TransformCallback } from 'node:stream';
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
  if (!Buffer.isBuffer(body)) return { body: wholeOrNothing(body, size) };
  if (body.length !== size) throw wrongSize(body.length, size);
  return size === 0 ? {} : { body };
}

const wrongSize = (received: number, size: number): StoreError =>
  new StoreError('connection', `The body brought ${received} of ${size} bytes announced`);

function wholeOrNothing(source: Readable, size: number): Readable {
  const body = new HeldBackTail(size);
  // The request reports what goes wrong: an error on either side destroys the other, and the reader of `body` hears it.
  pipeline(source, body, () => undefined);
  return body;
}

/**
 * Keeps the chunk that completes the body until the source has ended well. The service takes an object for whole at its last
 * byte: a source that fails after that, or has more to say, would otherwise leave an object behind.
 */
class HeldBackTail extends Transform {
  private received = 0;
  private tail: Buffer | undefined;

  constructor(private readonly size: number) {
    super({ highWaterMark: 256 * 1024 });
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, callback: TransformCallback): void {
    this.received += chunk.length;
    if (this.received > this.size) callback(wrongSize(this.received, this.size));
    else if (this.received < this.size) callback(null, chunk);
    else {
      if (chunk.length > 0) this.tail = chunk;
      callback();
    }
  }

  override _flush(callback: TransformCallback): void {
    if (this.received !== this.size) callback(wrongSize(this.received, this.size));
    else callback(null, this.tail);
  }
}
