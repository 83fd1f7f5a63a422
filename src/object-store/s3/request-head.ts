import { Readable } from 'node:stream';
import { StoreError } from '../object-store.port.js';
import type { ResponseHead } from './response-head.js';
import type { S3WireRequest } from './transport.js';

/** A body up to this size travels in one write with its head. */
const SMALL_BYTES = 64 * 1024;
const HEADER = /^[\t\x20-\x7e\x80-\xff]*$/;
const TARGET = /^[\x21-\x7e]+$/;

const invalid = (what: string): StoreError => new StoreError('invalid', `The request cannot be sent: ${what}`);

/** The request up to its body; adds the length where the caller left that out. */
export function requestHead({ method, target, headers, body }: S3WireRequest): string {
  if (!TARGET.test(target)) throw invalid('its target');
  let head = `${method} ${target} HTTP/1.1\r\n`;
  let hasLength = false;
  for (let at = 0; at < headers.length; at += 2) {
    const name = headers[at] ?? '';
    const value = headers[at + 1] ?? '';
    if (!HEADER.test(name) || !HEADER.test(value)) throw invalid('a header value');
    if (name === 'content-length') hasLength = true;
    head += `${name}: ${value}\r\n`;
  }
  if (!hasLength) {
    if (body instanceof Readable) throw invalid('a stream needs its length');
    if (body !== undefined || method === 'PUT' || method === 'POST') head += `content-length: ${body?.length ?? 0}\r\n`;
  }
  return `${head}\r\n`;
}

/** The length among the headers. */
export function announcedLength({ headers }: S3WireRequest): number {
  for (let at = 0; at < headers.length; at += 2) if (headers[at] === 'content-length') return Number(headers[at + 1]);
  return 0;
}

/** True when the whole request is handed to a socket in one piece. */
export const goesInOnePiece = ({ body }: S3WireRequest): boolean =>
  body === undefined || (Buffer.isBuffer(body) && body.length <= SMALL_BYTES);

/** True when the body is no longer than that of a request that may share a connection. */
export const isSmallAnswer = ({ framing }: ResponseHead): boolean =>
  framing.kind === 'length' && framing.bytes <= SMALL_BYTES;

/**
 * True when the request may share a connection with others that are on their way: it and its answer are small, the endpoint
 * has not much to do for it, and it may be sent again when the connection ends before its answer. That leaves out listings
 * and copies, which take their time, and writes on a condition that they make untrue themselves.
 */
export function mayShareConnection({ method, headers, body, streamed, collectUpTo = 0 }: S3WireRequest): boolean {
  if (method === 'HEAD') return true;
  if (method === 'GET') return streamed && collectUpTo > 0 && collectUpTo <= SMALL_BYTES;
  if (method !== 'PUT' || !Buffer.isBuffer(body) || body.length > SMALL_BYTES) return false;
  for (let at = 0; at < headers.length; at += 2) if (headers[at]?.startsWith('if-') === true) return false;
  return true;
}
