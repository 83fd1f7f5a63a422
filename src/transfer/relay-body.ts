import { createHash, type Hash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { StoreError, UNKNOWN_SIZE } from '../object-store/object-store.port.js';
import { PassingBody } from '../object-store/passing-body.js';
import type { CopyProgress } from './copy-job.js';
import { Crc64 } from './crc64.js';

/** What was read, measured. */
export interface Sent {
  readonly size: number;
  readonly md5?: string;
  readonly crc64?: string;
}

export interface Digests {
  readonly md5: boolean;
  readonly crc64: boolean;
}

export const lengthChanged = (expected: number, got: number): StoreError =>
  new StoreError('changed', `The body has ${got} bytes where ${expected} were announced`, {
    backendCode: 'BodyLengthMismatch',
  });

/** The source's body on its way to the destination: counted and digested as it passes, never longer than announced if it was. */
export class RelayBody extends PassingBody {
  /** Why the source's side broke, when it did: the destination reports only that its body failed. */
  sourceFailure: Error | undefined;
  private bytes = 0;
  private readonly md5: Hash | undefined;
  private readonly crc64: Crc64 | undefined;

  constructor(
    inner: Readable,
    private readonly expected: number,
    digests: Digests,
    private readonly progress: Pick<CopyProgress, 'moved'>,
  ) {
    super(inner);
    this.md5 = digests.md5 ? createHash('md5') : undefined;
    this.crc64 = digests.crc64 ? new Crc64() : undefined;
  }

  /** After the end. */
  sent(): Sent {
    const { bytes, md5, crc64 } = this;
    return { size: bytes, ...(md5 && { md5: md5.digest('hex') }), ...(crc64 && { crc64: crc64.digest() }) };
  }

  protected override passed(chunk: Buffer): void {
    this.bytes += chunk.length;
    this.progress.moved(chunk.length);
    if (this.bytes > this.expected && this.expected !== UNKNOWN_SIZE) {
      this.destroy(this.failed(lengthChanged(this.expected, this.bytes)));
      return;
    }
    this.md5?.update(chunk);
    this.crc64?.update(chunk);
  }

  protected override ended(): Error | undefined {
    return this.bytes === this.expected || this.expected === UNKNOWN_SIZE
      ? undefined
      : this.failed(lengthChanged(this.expected, this.bytes));
  }

  protected override failed(error: Error): Error {
    this.sourceFailure ??= error;
    return error;
  }

  protected override demanded(): void {}
  protected override sated(): void {}
  protected override settled(): void {}
}

/** Reads a body of a known size into memory. */
export function collect(body: Readable, size: number, progress: Pick<CopyProgress, 'moved'>): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    body.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      progress.moved(chunk.length);
      if (bytes > size) body.destroy(lengthChanged(size, bytes));
      else chunks.push(chunk);
    });
    body.on('end', () => {
      if (bytes !== size) reject(lengthChanged(size, bytes));
      else resolve(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks, bytes));
    });
    body.on('error', reject);
    body.on('close', () => {
      if (!body.readableEnded) reject(new StoreError('connection', 'The body was closed before its end'));
    });
  });
}
