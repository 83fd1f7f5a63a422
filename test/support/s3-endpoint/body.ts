import { createHash, type Hash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { crc32 } from 'node:zlib';
import { decodeChunks } from './aws-chunked.js';
import type { Content, ContentStore } from './content.js';
import { header, type S3Request } from './request.js';
import { S3Error } from './s3-error.js';
import type { Payload } from './sigv4.js';

export const MAX_PUT_BYTES = 5 * 1024 ** 3;

export interface Received {
  readonly content: Content;
  readonly md5Hex: string;
}

interface Checksum {
  update(chunk: Buffer): unknown;
  digest(): string;
}

const crc32cTable = Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1;
  return value >>> 0;
});
const crc32c = (data: Buffer, before: number): number => {
  let value = ~before >>> 0;
  for (const byte of data) value = crc32cTable[(value ^ byte) & 0xff]! ^ (value >>> 8);
  return ~value >>> 0;
};

const crc = (step: (data: Buffer, before: number) => number): Checksum => {
  let value = 0;
  return {
    update: (chunk) => (value = step(chunk, value)),
    digest: () => {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE(value);
      return bytes.toString('base64');
    },
  };
};
const digest = (algorithm: string): Checksum => {
  const hash = createHash(algorithm);
  return { update: (chunk) => hash.update(chunk), digest: () => hash.digest('base64') };
};

const CHECKSUMS: Readonly<Record<string, () => Checksum>> = {
  'x-amz-checksum-crc32': () => crc(crc32),
  'x-amz-checksum-crc32c': () => crc(crc32c),
  'x-amz-checksum-sha1': () => digest('sha1'),
  'x-amz-checksum-sha256': () => digest('sha256'),
};

/** The bytes of the body as they come over the wire; a connection that breaks rejects. */
async function* wire(message: IncomingMessage): AsyncGenerator<Buffer> {
  for await (const chunk of message) yield chunk as Buffer;
  if (!message.complete) throw new S3Error('IncompleteBody');
}

const decodedLength = ({ headers }: S3Request, payload: Payload): number => {
  const text = payload.kind === 'chunked' ? header(headers, 'x-amz-decoded-content-length') : headers['content-length'];
  if (text === undefined) throw new S3Error('MissingContentLength');
  if (!/^\d{1,15}$/.test(text)) throw new S3Error('InvalidArgument', 'The length is not valid');
  return Number(text);
};

const expectedMd5 = ({ headers }: S3Request): string | undefined => {
  const text = header(headers, 'content-md5');
  if (text !== undefined && !/^[A-Za-z0-9+/]{22}==$/.test(text)) throw new S3Error('InvalidDigest');
  return text;
};

/** The checksums that were announced, by header or trailer name. */
class Checksums {
  private readonly expected = new Map<string, string | undefined>();
  private readonly running: [string, Checksum][] = [];

  constructor({ headers }: S3Request) {
    for (const name of Object.keys(headers).filter(
      (each) => each.startsWith('x-amz-checksum-') && !/-(algorithm|type)$/.test(each),
    ))
      this.expected.set(name, header(headers, name));
    const trailer = header(headers, 'x-amz-trailer')?.toLowerCase();
    if (trailer !== undefined) this.expected.set(trailer, undefined);
    for (const name of this.expected.keys()) {
      const make = CHECKSUMS[name];
      if (make === undefined) throw new S3Error('NotImplemented', `${name} is not implemented`);
      this.running.push([name, make()]);
    }
  }

  update(chunk: Buffer): void {
    for (const [, checksum] of this.running) checksum.update(chunk);
  }

  check(trailers: ReadonlyMap<string, string>): void {
    for (const [name, checksum] of this.running)
      if (checksum.digest() !== (this.expected.get(name) ?? trailers.get(name)))
        throw new S3Error('BadDigest', `The ${name} you specified did not match the calculated checksum.`);
  }
}

/**
 * Takes the whole body, or nothing: length, x-amz-content-sha256, Content-MD5, x-amz-checksum-* and chunk signatures
 * are all checked before the content is handed out.
 */
export async function receive(request: S3Request, payload: Payload, store: ContentStore): Promise<Received> {
  const size = decodedLength(request, payload);
  if (size > MAX_PUT_BYTES) throw new S3Error('EntityTooLarge');
  const md5Expected = expectedMd5(request);
  const checksums = new Checksums(request);
  const trailers = new Map<string, string>();
  const md5 = createHash('md5');
  const sha256: Hash | undefined = payload.kind === 'sha256' ? createHash('sha256') : undefined;
  const writer = store.writer(size);
  try {
    let received = 0;
    const bytes = wire(request.message);
    for await (const chunk of payload.kind === 'chunked' ? decodeChunks(bytes, payload.signing, trailers) : bytes) {
      received += chunk.length;
      md5.update(chunk);
      sha256?.update(chunk);
      checksums.update(chunk);
      await writer.write(chunk);
    }
    if (received !== size) throw new S3Error('IncompleteBody');
    if (payload.kind === 'sha256' && sha256?.digest('hex') !== payload.hex)
      throw new S3Error('XAmzContentSHA256Mismatch');
    const md5Digest = md5.digest();
    if (md5Expected !== undefined && md5Digest.toString('base64') !== md5Expected) throw new S3Error('BadDigest');
    checksums.check(trailers);
    return { content: await writer.finish(), md5Hex: md5Digest.toString('hex') };
  } catch (error) {
    await writer.discard();
    throw error;
  }
}

/** A small XML body as text. */
export async function receiveText(request: S3Request, payload: Payload, store: ContentStore): Promise<string> {
  if (Number(request.headers['content-length'] ?? 0) > 4 * 1024 * 1024) throw new S3Error('EntityTooLarge');
  const { content } = await receive(request, payload, store);
  store.retain(content);
  try {
    return (await store.readAll(content)).toString('utf8');
  } finally {
    store.release(content);
  }
}
