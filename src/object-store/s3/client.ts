import type { Readable } from 'node:stream';
import { fromAnswer } from './errors.js';
import { onTheWire } from './header-values.js';
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
  readonly key?: string | undefined;
  /** Canonical. */
  readonly query?: string;
  /** Signed as well as sent: what must not be altered on the way. */
  readonly signed?: readonly HeaderPair[];
  /** Sent but not signed: what proxies may touch. */
  readonly unsigned?: readonly HeaderPair[];
  readonly body?: Buffer | Readable | undefined;
  readonly streamed?: boolean;
  /** See `S3WireRequest`. */
  readonly collectUpTo?: number | undefined;
}

const NONE: readonly HeaderPair[] = [];

/**
 * `auto`: bodies in memory are signed over plain http, where nothing else protects them. TLS does for the others, and so does
 * a signed Content-MD5, for which nobody can make another body.
 */
export type PayloadSigning = 'auto' | 'always' | 'never';

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

  /** The answer, whatever its status. Throws at once what cannot be sent. */
  exchange(call: S3Call, signal: AbortSignal): Promise<S3WireResponse> {
    return this.transport.send(this.prepare(call), signal);
  }

  /** The answer, when it is a success; `doing` starts the message of the error otherwise. */
  async send(doing: string, call: S3Call, signal: AbortSignal): Promise<S3WireResponse> {
    return succeeded(doing, await this.exchange(call, signal));
  }

  private prepare(call: S3Call): S3WireRequest {
    const { method, key, query = '', signed = NONE, unsigned = NONE, body } = call;
    const { host, basePath } = this.address;
    const path = key === undefined ? bucketPath(basePath) : basePath + encodePath(key);
    const payloadHash = this.payloadHash(body, signed);
    const headers = this.signer.sign({ method, path, query, host, payloadHash, headers: signed });
    for (const header of unsigned) headers.push(header[0], onTheWire(header[1]));
    const target = query === '' ? path : `${path}?${query}`;
    return { method, target, headers, body, streamed: call.streamed === true, collectUpTo: call.collectUpTo };
  }

  private payloadHash(body: Buffer | Readable | undefined, signed: readonly HeaderPair[]): string {
    if (!this.signsBodies) return UNSIGNED_PAYLOAD;
    if (body === undefined) return EMPTY_SHA256;
    if (!Buffer.isBuffer(body) || (this.trustsMd5 && signed.some(isMd5))) return UNSIGNED_PAYLOAD;
    return sha256Hex(body);
  }
}

/** The answer of an `exchange`, when it is a success; `doing` starts the message of the error otherwise. */
export function succeeded(doing: string, answer: S3WireResponse): S3WireResponse {
  const { status, headers, body } = answer;
  if (status < 200 || status > 299) throw fromAnswer(doing, status, headers, body);
  return answer;
}

const isMd5 = (header: HeaderPair): boolean => header[0] === 'content-md5';

/** Calls on a bucket go to `/bucket` in path style, to `/` in virtual style. */
const bucketPath = (basePath: string): string => (basePath.length > 1 ? basePath.slice(0, -1) : basePath);
