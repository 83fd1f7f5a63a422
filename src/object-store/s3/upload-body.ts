import type { Readable } from 'node:stream';
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

/** The body of a request; a buffer is measured before anything is sent, a stream while it is. */
export function bodyOf(body: Buffer | Readable, size: number): { readonly body?: Buffer | Readable } {
  if (!Buffer.isBuffer(body)) return { body };
  if (body.length !== size) throw new StoreError('connection', `The body has ${body.length} bytes instead of ${size}`);
  return size === 0 ? {} : { body };
}
