import { timingSafeEqual } from 'node:crypto';
import { S3Error } from './s3-error.js';
import { hmacHex, sha256Hex, type ChunkSigning } from './sigv4.js';

/** Reads lines and counted bytes from a stream of pieces. */
class ByteReader {
  private rest: Buffer = Buffer.alloc(0);

  constructor(private readonly source: AsyncIterator<Buffer>) {}

  async line(): Promise<string> {
    for (;;) {
      const end = this.rest.indexOf('\r\n');
      if (end >= 0) {
        const line = this.rest.toString('latin1', 0, end);
        this.rest = this.rest.subarray(end + 2);
        return line;
      }
      if (this.rest.length > 8192) throw new S3Error('InvalidRequest', 'A line of the chunked body is too long');
      if (!(await this.pull())) throw new S3Error('IncompleteBody');
    }
  }

  async take(length: number): Promise<Buffer> {
    const pieces: Buffer[] = [];
    let missing = length;
    while (missing > 0) {
      if (this.rest.length === 0 && !(await this.pull())) throw new S3Error('IncompleteBody');
      const piece = this.rest.subarray(0, missing);
      this.rest = this.rest.subarray(piece.length);
      missing -= piece.length;
      pieces.push(piece);
    }
    return Buffer.concat(pieces);
  }

  async expectEnd(): Promise<void> {
    if (this.rest.length > 0 || (await this.pull())) throw new S3Error('InvalidRequest', 'Bytes follow the last chunk');
  }

  private async pull(): Promise<boolean> {
    const next = await this.source.next();
    if (next.done === true) return false;
    this.rest = this.rest.length === 0 ? next.value : Buffer.concat([this.rest, next.value]);
    return true;
  }
}

const EMPTY_SHA256 = sha256Hex('');
const MAX_CHUNK_BYTES = 64 * 1024 * 1024;

const checkSignature = (expected: string, given: string | undefined): void => {
  if (given?.length !== expected.length || !timingSafeEqual(Buffer.from(expected), Buffer.from(given)))
    throw new S3Error('SignatureDoesNotMatch', 'A chunk signature does not match');
};

/** Decodes an aws-chunked body, checks the chain of chunk signatures if there is one, and collects the trailers. */
export async function* decodeChunks(
  source: AsyncIterable<Buffer>,
  signing: ChunkSigning | undefined,
  trailers: Map<string, string>,
): AsyncGenerator<Buffer> {
  const reader = new ByteReader(source[Symbol.asyncIterator]());
  let previous = signing?.seed ?? '';
  for (let last = false; !last;) {
    const header = /^([0-9a-fA-F]+)(?:;chunk-signature=([0-9a-f]{64}))?$/.exec(await reader.line());
    const length = Number.parseInt(header?.[1] ?? '', 16);
    if (!(length <= MAX_CHUNK_BYTES)) throw new S3Error('InvalidRequest', 'The chunked body is malformed');
    last = length === 0;
    const data = await reader.take(length);
    if (!last && (await reader.line()) !== '') throw new S3Error('InvalidRequest', 'A chunk is longer than it says');
    if (signing !== undefined) {
      const text = `AWS4-HMAC-SHA256-PAYLOAD\n${signing.timestamp}\n${signing.scope}\n${previous}\n${EMPTY_SHA256}\n${sha256Hex(data)}`;
      previous = hmacHex(signing.key, text);
      checkSignature(previous, header?.[2]);
    }
    if (!last) yield data;
  }
  await readTrailers(reader, signing, previous, trailers);
  await reader.expectEnd();
}

async function readTrailers(
  reader: ByteReader,
  signing: ChunkSigning | undefined,
  previous: string,
  trailers: Map<string, string>,
): Promise<void> {
  for (let line = await reader.line(); line !== ''; line = await reader.line()) {
    const colon = line.indexOf(':');
    trailers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
  }
  const signature = trailers.get('x-amz-trailer-signature');
  if (signing === undefined || trailers.size === 0) return;
  const text = [...trailers]
    .filter(([name]) => name !== 'x-amz-trailer-signature')
    .map(([name, value]) => `${name}:${value}\n`)
    .join('');
  checkSignature(
    hmacHex(
      signing.key,
      `AWS4-HMAC-SHA256-TRAILER\n${signing.timestamp}\n${signing.scope}\n${previous}\n${sha256Hex(text)}`,
    ),
    signature,
  );
}
