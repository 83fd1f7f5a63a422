import {
  RANGE_NOT_SUPPORTED,
  StoreError,
  UNKNOWN_SIZE,
  type ByteRange,
  type ObjectInfo,
} from '../object-store.port.js';
import { bareEtag } from '../s3/list-reader.js';
import { crc64Of, readMetadata } from '../s3/object-headers.js';
import type { ResponseHeaders } from '../s3/response-headers.js';
import { contentLength, type HttpAnswer } from './exchange.js';

/** What object stores put before the names of user metadata when they answer a plain request. */
const USER_PREFIXES: readonly string[] = [
  'x-amz-meta-',
  'x-oss-meta-',
  'x-cos-meta-',
  'x-obs-meta-',
  'x-kss-meta-',
  'x-qn-meta-',
  'x-ms-meta-',
  'x-goog-meta-',
  'x-bce-meta-',
];

const MD5_BYTES = 16;

/** What the headers of a successful answer say of the object. */
export function readHttpObject(key: string, { status, headers }: HttpAnswer): ObjectInfo {
  const contentType = headers.get('content-type');
  const etag = strongEtag(headers);
  const crc64 = crc64Of(headers);
  // With a range, Content-MD5 may be that of the range.
  const md5 = status === 206 ? undefined : readMd5(headers);
  const lastModifiedMs = Date.parse(headers.get('last-modified') ?? '');
  return {
    key,
    size: status === 206 ? totalOf(headers) : (contentLength(headers) ?? UNKNOWN_SIZE),
    lastModifiedMs: Number.isNaN(lastModifiedMs) ? 0 : lastModifiedMs,
    metadata: readMetadata(headers, USER_PREFIXES),
    ...(contentType !== undefined && { contentType }),
    ...(etag !== undefined && { etag }),
    ...(md5 !== undefined && { md5 }),
    ...(crc64 !== undefined && { crc64 }),
  };
}

const SENDABLE = /^[\x21\x23-\x7e]+$/;

/** A weak ETag does not promise the same bytes, and serves for nothing here. */
export function strongEtag(headers: ResponseHeaders): string | undefined {
  const text = headers.get('etag') ?? '';
  const bare = bareEtag(text);
  return !text.startsWith('W/') && SENDABLE.test(bare) ? bare : undefined;
}

function readMd5(headers: ResponseHeaders): string | undefined {
  const text = headers.get('content-md5') ?? '';
  const bytes = Buffer.from(text, 'base64');
  return bytes.length === MD5_BYTES && bytes.toString('base64') === text ? bytes.toString('hex') : undefined;
}

const CONTENT_RANGE = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15}|\*)$/;

function totalOf(headers: ResponseHeaders): number {
  const total = CONTENT_RANGE.exec(headers.get('content-range') ?? '')?.[3] ?? '*';
  return total === '*' ? UNKNOWN_SIZE : Number(total);
}

/** Refuses an answer that holds other bytes than those that were asked for. */
export function assertAnswersRange({ status, headers }: HttpAnswer, range: ByteRange | undefined): void {
  const length = contentLength(headers);
  if (status !== 206) {
    if (range === undefined || (range.start === 0 && length !== undefined && length <= range.end + 1)) return;
    throw new StoreError('invalid', 'The server gives no ranges', { backendCode: RANGE_NOT_SUPPORTED });
  }
  const match = CONTENT_RANGE.exec(headers.get('content-range') ?? '');
  const [start, end] = [Number(match?.[1]), Number(match?.[2])];
  const last = match?.[3] === '*' ? Infinity : Number(match?.[3]) - 1;
  const asked = range !== undefined && start === range.start && end === Math.min(range.end, last);
  if (!asked || (length !== undefined && length !== end - start + 1))
    throw new StoreError('unavailable', 'The answer is malformed: another range than asked for', {
      backendCode: 'MalformedAnswer',
    });
}
