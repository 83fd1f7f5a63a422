import type { Readable } from 'node:stream';
import { StoreError } from '../object-store.port.js';
import { fromAnswer } from './errors.js';
import { EMPTY_SHA256, sha256Hex, UNSIGNED_PAYLOAD, type HeaderPair, type SigV4Signer } from './sigv4.js';
import type { S3Method, S3Transport, S3WireRequest, S3WireResponse } from './transport.js';
import { encodePath } from './uri.js';

/** Where the requests of one bucket go. */
export interface S3Address {
  /** `http(s)://host[:port]` that connections are made to. */
  readonly origin: string;
  /** The Host header. */
  readonly host: string;
  /** Path before the key, with its closing slash: `/` or `/bucket/`. */
  readonly basePath: string;
}

export interface S3Call {
  readonly method: S3Method;
  /** Undefined for calls on the bucket. */
  readonly key?: string;
  /** Canonical. */
  readonly query?: string;
  /** Signed as well as sent: what must not be altered on the way. */
  readonly signed?: readonly HeaderPair[];
  /** Sent but not signed: what proxies may touch. */
  readonly unsigned?: readonly HeaderPair[];
  readonly body?: Buffer | Readable;
  readonly streamed?: boolean;
  /** See `S3WireRequest`. */
  readonly collectUpTo?: number;
}

/**
 * `auto`: bodies in memory are signed over plain http, where nothing else protects them. TLS does for the others, and so does
 * a signed Content-MD5, for which nobody can make another body.
 */
export type PayloadSigning = 'auto' | 'always' | 'never';

/**
 * A header value as characters below U+0100 that stand for its UTF-8 bytes, the way sockets write headers; the signature is
 * over the same bytes. Control characters but the tab are refused: they would start a header of their own.
 */
function onTheWire(value: string): string {
  let plain = true;
  for (let at = 0; at < value.length; at++) {
    const code = value.charCodeAt(at);
    if ((code < 32 && code !== 9) || code === 127)
      throw new StoreError('invalid', 'A header value holds a control character');
    if (code > 127) plain = false;
  }
  return plain ? value : Buffer.from(value, 'utf8').toString('latin1');
}

/** Signs requests of one bucket and sends each once. */
export class S3Client {
  private readonly signsBodies: boolean;
  private readonly trustsMd5: boolean;

  constructor(
    readonly address: S3Address,
    private readonly signer: SigV4Signer,
    private readonly transport: S3Transport,
    payload: PayloadSigning = 'auto',
  ) {
    this.trustsMd5 = payload === 'auto';
    this.signsBodies = payload === 'always' || (payload === 'auto' && !address.origin.startsWith('https:'));
  }

  /** The answer, whatever its status. */
  async exchange(call: S3Call, signal: AbortSignal): Promise<S3WireResponse> {
    return this.transport.send(this.prepare(call), signal);
  }

  /** The answer, when it is a success; `doing` starts the message of the error otherwise. */
  async send(doing: string, call: S3Call, signal: AbortSignal): Promise<S3WireResponse> {
    const answer = await this.transport.send(this.prepare(call), signal);
    if (answer.status < 200 || answer.status > 299) throw fromAnswer(doing, answer.status, answer.headers, answer.body);
    return answer;
  }

  private prepare(call: S3Call): S3WireRequest {
    const { method, key, query = '', signed = [], unsigned, body } = call;
    const { host, basePath } = this.address;
    const path = key === undefined ? bucketPath(basePath) : basePath + encodePath(key);
    const headers = this.signer.sign({
      method,
      path,
      query,
      host,
      payloadHash: this.payloadHash(body, signed),
      headers: signed,
    });
    if (unsigned !== undefined) for (const [name, value] of unsigned) headers.push(name, value);
    if (signed.length > 0 || unsigned !== undefined)
      for (let at = 1; at < headers.length; at += 2) headers[at] = onTheWire(headers[at] ?? '');
    return {
      method,
      target: query === '' ? path : `${path}?${query}`,
      headers,
      body,
      streamed: call.streamed ?? false,
      ...(call.collectUpTo !== undefined && { collectUpTo: call.collectUpTo }),
    };
  }

  private payloadHash(body: Buffer | Readable | undefined, signed: readonly HeaderPair[]): string {
    if (!this.signsBodies) return UNSIGNED_PAYLOAD;
    if (body === undefined) return EMPTY_SHA256;
    if (!Buffer.isBuffer(body) || (this.trustsMd5 && signed.some(isMd5))) return UNSIGNED_PAYLOAD;
    return sha256Hex(body);
  }
}

const isMd5 = ([name]: HeaderPair): boolean => name === 'content-md5';

/** Calls on a bucket go to `/bucket` in path style, to `/` in virtual style. */
const bucketPath = (basePath: string): string => (basePath.length > 1 ? basePath.slice(0, -1) : basePath);
