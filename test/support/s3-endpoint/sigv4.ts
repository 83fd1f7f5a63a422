import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { parseQuery, type S3Request } from './request.js';
import { S3Error } from './s3-error.js';

export interface AccessKey {
  readonly accessKey: string;
  readonly secretKey: string;
  /** When set, requests must carry exactly this x-amz-security-token. */
  readonly sessionToken?: string;
  /** Buckets that answer AccessDenied to this key. */
  readonly denyBuckets?: readonly string[];
}

/** How the body is vouched for, from x-amz-content-sha256. */
export type Payload =
  | { readonly kind: 'unsigned' }
  | { readonly kind: 'sha256'; readonly hex: string }
  | { readonly kind: 'chunked'; readonly signing?: ChunkSigning };

/** What the signatures of an aws-chunked body are chained from. */
export interface ChunkSigning {
  readonly key: Buffer;
  readonly scope: string;
  readonly timestamp: string;
  readonly seed: string;
}

export interface Verified {
  readonly who: AccessKey;
  readonly payload: Payload;
}

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 +Credential=([^/,\s]+)\/(\d{8})\/([^/,\s]+)\/([^/,\s]+)\/aws4_request, *SignedHeaders=([^,\s]+), *Signature=([0-9a-f]{64})$/;
const MAX_SKEW_MS = 15 * 60_000;

const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();
export const sha256Hex = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex');
export const hmacHex = (key: Buffer, text: string): string => hmac(key, text).toString('hex');

/** RFC 3986 with upper-case hex, the only form SigV4 knows. */
const encode = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`);

/** S3 encodes each path segment once and normalizes nothing: `//` and `/./` are part of the key. */
const canonicalPath = (rawPath: string): string =>
  rawPath
    .split('/')
    .map((segment) => encode(decodeURIComponent(segment)))
    .join('/');

const byBytes = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const canonicalQuery = (rawQuery: string): string =>
  parseQuery(rawQuery)
    .map(([name, value]): [string, string] => [encode(name), encode(value)])
    .sort((a, b) => byBytes(a[0], b[0]) || byBytes(a[1], b[1]))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');

/** Values as their raw bytes (node reads headers as Latin-1), trimmed, runs of spaces as one, repeats joined by commas. */
const canonicalHeaders = (message: IncomingMessage, signed: readonly string[]): Buffer => {
  const values = new Map<string, string[]>();
  for (let at = 0; at + 1 < message.rawHeaders.length; at += 2) {
    const name = message.rawHeaders[at]!.toLowerCase();
    const list = values.get(name);
    if (list === undefined) values.set(name, [message.rawHeaders[at + 1]!]);
    else list.push(message.rawHeaders[at + 1]!);
  }
  const lines = signed.map((name) => {
    const list = values.get(name);
    if (list === undefined) throw new S3Error('SignatureDoesNotMatch', `Signed header ${name} is not there`);
    return `${name}:${list.map((value) => value.trim().replace(/ +/g, ' ')).join(',')}\n`;
  });
  return Buffer.from(lines.join(''), 'latin1');
};

const parseTimestamp = (text: string): number => {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (parts === null) throw new S3Error('AccessDenied', 'x-amz-date must be given as yyyyMMddTHHmmssZ');
  const [, year, month, day, hour, minute, second] = parts.map(Number);
  return Date.UTC(year!, month! - 1, day, hour, minute, second);
};

const payloadOf = (declared: string, signing: ChunkSigning): Payload => {
  if (declared === 'UNSIGNED-PAYLOAD') return { kind: 'unsigned' };
  if (declared === 'STREAMING-UNSIGNED-PAYLOAD-TRAILER') return { kind: 'chunked' };
  if (/^STREAMING-AWS4-HMAC-SHA256-PAYLOAD(-TRAILER)?$/.test(declared)) return { kind: 'chunked', signing };
  if (!/^[0-9a-f]{64}$/.test(declared)) throw new S3Error('InvalidArgument', 'x-amz-content-sha256 is not valid');
  return { kind: 'sha256', hex: declared };
};

/** Verifies header signatures of AWS Signature Version 4, from the request as it came over the wire. */
export class SignatureVerifier {
  private readonly keys: ReadonlyMap<string, AccessKey>;
  private readonly signingKeys = new Map<string, Buffer>();

  constructor(
    accessKeys: readonly AccessKey[],
    private readonly region: string | undefined,
    private readonly now: () => Date,
  ) {
    this.keys = new Map(accessKeys.map((key) => [key.accessKey, key]));
  }

  verify(request: S3Request): Verified {
    const { headers } = request;
    if (headers.authorization === undefined) throw new S3Error('AccessDenied', 'Anonymous requests are not allowed');
    const parts = AUTHORIZATION.exec(headers.authorization);
    if (parts === null) throw new S3Error('AuthorizationHeaderMalformed');
    const [, accessKey = '', date = '', region = '', service = '', signedHeaders = '', signature = ''] = parts;
    const who = this.keys.get(accessKey);
    if (who === undefined) throw new S3Error('InvalidAccessKeyId');
    if (service !== 's3' || (this.region !== undefined && region !== this.region))
      throw new S3Error(
        'AuthorizationHeaderMalformed',
        `The scope ${region}/${service} is wrong; expecting ${this.region ?? region}/s3`,
      );
    this.checkToken(who, request);
    const timestamp = this.checkDate(request, date);
    const declared = this.declaredPayload(request);
    const signed = this.checkSignedHeaders(request, signedHeaders);
    const scope = `${date}/${region}/s3/aws4_request`;
    const key = this.signingKey(who, date, region);
    const expected = hmacHex(
      key,
      `AWS4-HMAC-SHA256\n${timestamp}\n${scope}\n${this.canonicalHash(request, signed, declared)}`,
    );
    if (!timingSafeEqual(Buffer.from(expected), Buffer.from(signature))) throw new S3Error('SignatureDoesNotMatch');
    return { who, payload: payloadOf(declared, { key, scope, timestamp, seed: signature }) };
  }

  private canonicalHash(request: S3Request, signed: readonly string[], declared: string): string {
    return createHash('sha256')
      .update(`${request.method}\n${canonicalPath(request.rawPath)}\n${canonicalQuery(request.rawQuery)}\n`)
      .update(canonicalHeaders(request.message, signed))
      .update(`\n${signed.join(';')}\n${declared}`)
      .digest('hex');
  }

  private checkToken(who: AccessKey, { headers }: S3Request): void {
    if (headers['x-amz-security-token'] !== who.sessionToken) throw new S3Error('InvalidToken');
  }

  private checkDate({ headers }: S3Request, scopeDate: string): string {
    const timestamp = headers['x-amz-date'];
    if (typeof timestamp !== 'string')
      throw new S3Error('AccessDenied', 'AWS authentication requires an x-amz-date header');
    const at = parseTimestamp(timestamp);
    if (!timestamp.startsWith(scopeDate)) throw new S3Error('SignatureDoesNotMatch', 'The scope is of another day');
    if (Math.abs(at - this.now().getTime()) > MAX_SKEW_MS) throw new S3Error('RequestTimeTooSkewed');
    return timestamp;
  }

  private declaredPayload({ headers }: S3Request): string {
    const declared = headers['x-amz-content-sha256'];
    if (typeof declared !== 'string') throw new S3Error('MissingSecurityHeader', 'x-amz-content-sha256 is missing');
    return declared;
  }

  /** Host and every x-amz header must be signed, or a middleman could change what the request means. */
  private checkSignedHeaders({ headers }: S3Request, list: string): readonly string[] {
    const signed = list.split(';');
    const sorted = signed.every((name, at) => name === name.toLowerCase() && (at === 0 || signed[at - 1]! < name));
    if (!sorted) throw new S3Error('SignatureDoesNotMatch', 'Signed headers must be in lower case and in order');
    const required = ['host', ...Object.keys(headers).filter((name) => name.startsWith('x-amz-'))];
    const missing = required.find((name) => !signed.includes(name));
    if (missing !== undefined) throw new S3Error('AccessDenied', `Header ${missing} is present but not signed`);
    return signed;
  }

  private signingKey(who: AccessKey, date: string, region: string): Buffer {
    const name = `${who.accessKey}/${date}/${region}`;
    let key = this.signingKeys.get(name);
    if (key === undefined) {
      if (this.signingKeys.size > 100) this.signingKeys.clear();
      key = hmac(hmac(hmac(hmac(`AWS4${who.secretKey}`, date), region), 's3'), 'aws4_request');
      this.signingKeys.set(name, key);
    }
    return key;
  }
}
