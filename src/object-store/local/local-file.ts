import type { BigIntStats } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { StoreError, type ByteRange, type ListedObject, type ObjectInfo } from '../object-store.port.js';
import { toStoreError } from './local-errors.js';

/** A file has no content hash at hand: its ETag changes with its size, its time of change or its identity. */
const etagOf = ({ size, mtimeNs, ino }: BigIntStats): string =>
  `${size.toString(16)}-${mtimeNs.toString(16)}-${ino.toString(16)}`;

export const listedFile = (key: string, stats: BigIntStats): ListedObject => ({
  key,
  size: Number(stats.size),
  lastModifiedMs: Number(stats.mtimeMs),
  etag: etagOf(stats),
});

export const infoOfFile = (key: string, stats: BigIntStats): ObjectInfo => ({
  ...listedFile(key, stats),
  metadata: {},
});

const CHUNK_BYTES = 256 * 1024;

async function* chunksOf(
  file: FileHandle,
  { key, etag }: ListedObject,
  { start, end }: ByteRange,
): AsyncGenerator<Buffer> {
  for (let position = start; position <= end;) {
    const buffer = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, end + 1 - position));
    const { bytesRead } = await file.read(buffer, 0, buffer.length, position);
    if (bytesRead === 0)
      throw new StoreError('connection', `The file ${key} ended at byte ${position}, before its end`);
    position += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
  if (etagOf(await file.stat({ bigint: true })) !== etag)
    throw new StoreError('changed', `The file ${key} was written to while it was read`);
}

/** The bytes of an open file; takes it over and closes it whatever becomes of the stream. */
export function bodyOfFile(file: FileHandle, info: ObjectInfo, range: ByteRange, signal: AbortSignal): Readable {
  const chunks = async function* () {
    try {
      yield* chunksOf(file, info, range);
    } catch (error) {
      throw toStoreError(error, `Cannot read ${info.key}`);
    }
  };
  const body = Readable.from(chunks(), { objectMode: false, highWaterMark: CHUNK_BYTES });
  const abort = () => body.destroy(signal.reason instanceof Error ? signal.reason : new Error('Aborted'));
  signal.addEventListener('abort', abort, { once: true });
  return body.once('close', () => {
    signal.removeEventListener('abort', abort);
    void file.close().catch(() => undefined);
  });
}
