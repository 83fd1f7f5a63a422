import { createHash } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseRange } from '../s3-endpoint/objects-api.js';
import { header, type S3Request } from '../s3-endpoint/request.js';
import { S3Error } from '../s3-endpoint/s3-error.js';
import type { GeneratedBucket } from './generated-bucket.js';
import { LISTS, type Arrived, type SinkBucket } from './sink-bucket.js';
import type { TrafficLog } from './traffic-log.js';

/** A bucket by name: what is computed, and what was put. */
export interface SyntheticBucket {
  readonly generated: GeneratedBucket | undefined;
  readonly sink: SinkBucket;
}

interface Found {
  readonly size: number;
  readonly etag: string;
  readonly modifiedMs: number;
  /** Undefined where the bytes are forgotten. */
  bytes(start: number, end: number): Iterable<Buffer> | undefined;
}

function found({ generated, sink }: SyntheticBucket, key: string): Found {
  const put = sink.find(key);
  if (put !== undefined) {
    const { content } = put;
    return { ...put, bytes: (start, end) => content && [content.subarray(start, end)] };
  }
  const index = generated?.indexOf(key);
  if (generated === undefined || index === undefined) throw new S3Error('NoSuchKey');
  if (generated.isDenied(index)) throw new S3Error('AccessDenied');
  return {
    size: generated.size(index),
    etag: generated.etag(index),
    modifiedMs: generated.modifiedMs,
    bytes: (start, end) => generated.bytes(index, start, end),
  };
}

const drained = (response: ServerResponse): Promise<void> =>
  new Promise((resolve) => {
    const done = () => {
      response.off('drain', done).off('close', done);
      resolve();
    };
    response.on('drain', done).on('close', done);
  });

/** Answers GetObject and HeadObject. */
export async function readObject(
  bucket: SyntheticBucket,
  request: S3Request,
  response: ServerResponse,
  log: TrafficLog,
  delayMs: number,
): Promise<void> {
  const { key, method, headers } = request;
  const object = found(bucket, key);
  const match = header(headers, 'if-match')?.replaceAll('"', '');
  if (match !== undefined && match !== object.etag) throw new S3Error('PreconditionFailed');
  const range = parseRange(headers.range, object.size);
  const start = range?.start ?? 0;
  const end = range === undefined ? object.size : range.end + 1;
  const bytes = method === 'HEAD' ? [] : object.bytes(start, end);
  if (bytes === undefined) throw new S3Error('NotImplemented', 'The bytes of this object were forgotten');
  const what = range === undefined ? key : `${key} ${start}-${end}`;
  const over = method === 'HEAD' ? () => undefined : log.under(`read ${what}`);
  response.once('close', over);
  if (method !== 'HEAD') log.read(what);
  if (delayMs > 0 && method !== 'HEAD') await sleep(delayMs);
  response.writeHead(range === undefined ? 200 : 206, {
    'content-length': end - start,
    'content-type': 'application/octet-stream',
    etag: `"${object.etag}"`,
    'last-modified': new Date(object.modifiedMs).toUTCString(),
    ...(range !== undefined && { 'content-range': `bytes ${start}-${end - 1}/${object.size}` }),
  });
  for (const piece of bytes) {
    if (response.destroyed) return;
    log.sentBytes += piece.length;
    if (!response.write(piece)) await drained(response);
  }
  response.end();
}

/** Takes a body; rejects when it is not what its headers say. */
export async function receive({ key, headers, message }: S3Request): Promise<Arrived> {
  const declared = Number(header(headers, 'content-length') ?? NaN);
  if (!Number.isSafeInteger(declared)) throw new S3Error('MissingContentLength');
  if (headers['content-encoding']?.includes('aws-chunked') === true) throw new S3Error('NotImplemented');
  const hash = createHash('md5');
  const kept: Buffer[] | undefined = key.startsWith(LISTS) ? [] : undefined;
  let size = 0;
  for await (const piece of message) {
    const bytes = piece as Buffer;
    hash.update(bytes);
    kept?.push(bytes);
    size += bytes.length;
  }
  if (size !== declared) throw new S3Error('IncompleteBody');
  const md5 = hash.digest();
  const wanted = header(headers, 'content-md5');
  if (wanted !== undefined && wanted !== md5.toString('base64')) throw new S3Error('BadDigest');
  return { size, md5: md5.toString('hex'), content: kept && Buffer.concat(kept) };
}
