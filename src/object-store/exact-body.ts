import type { Readable } from 'node:stream';
import { StoreError, UNKNOWN_SIZE } from './object-store.port.js';

const tooMany = (size: number) =>
  new StoreError('connection', `The body brought more than the ${size} bytes announced`);
const tooFew = (received: number, size: number) =>
  new StoreError('connection', `The body ended after ${received} of ${size} bytes`);

async function* exactStream(body: Readable, size: number, signal: AbortSignal): AsyncGenerator<Buffer> {
  const abort = () => body.destroy(signal.reason instanceof Error ? signal.reason : new Error('Aborted'));
  signal.addEventListener('abort', abort, { once: true });
  let received = 0;
  try {
    for await (const chunk of body) {
      const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk as Uint8Array | string);
      received += bytes.length;
      if (received > size && size !== UNKNOWN_SIZE) throw tooMany(size);
      yield bytes;
    }
    signal.throwIfAborted();
    if (received < size) throw tooFew(received, size);
  } finally {
    signal.removeEventListener('abort', abort);
    body.destroy();
  }
}

/** The chunks of a body that must be `size` bytes in all, or of a stream of `UNKNOWN_SIZE` whatever it brings. A stream is destroyed when anything fails and on abort. */
export async function* exactBody(body: Buffer | Readable, size: number, signal: AbortSignal): AsyncGenerator<Buffer> {
  if (!Buffer.isBuffer(body)) {
    if (signal.aborted) body.destroy();
    signal.throwIfAborted();
    yield* exactStream(body, size, signal);
    return;
  }
  signal.throwIfAborted();
  if (body.length > size) throw tooMany(size);
  if (body.length < size) throw tooFew(body.length, size);
  if (size > 0) yield body;
}
