import { createHmac, createSecretKey, hash, type KeyObject } from 'node:crypto';
import type { StoreCredentials } from '../object-store.port.js';

/** Stands in for a body's hash where the body is not signed. */
export const UNSIGNED_PAYLOAD = 'UNSIGNED-PAYLOAD';
export const EMPTY_SHA256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

export const sha256Hex = (data: string | Buffer): string => hash('sha256', data, 'hex');

export type HeaderPair = readonly [name: string, value: string];

export interface RequestToSign {
  readonly method: string;
  /** Exactly as it goes on the wire: encoded once, never normalized. */
  readonly path: string;
  /** Canonical: encoded, and sorted by encoded name. Empty for none. */
  readonly query: string;
  readonly host: string;
  /** SHA-256 of the body in hex, or `UNSIGNED_PAYLOAD`. */
  readonly payloadHash: string;
  /** Headers to sign beside those that every request has; names in lower case, each once. */
  readonly headers: readonly HeaderPair[];
}

/** `20260102T030405Z` of a time in milliseconds. */
const amzDate = (ms: number): string => new Date(ms).toISOString().replace(/[-:]|\.\d{3}/g, '');

const byName = (a: HeaderPair, b: HeaderPair): number => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0);

const SPACES = /\s+/g;

const hmac = (key: KeyObject | string, data: string): Buffer => createHmac('sha256', key).update(data).digest();

/**
 * Signs S3 requests with AWS Signature Version 4 in the Authorization header. The derived key is kept for its day, so that
 * a request costs one HMAC and one SHA-256.
 */
export class SigV4Signer {
  private second = -1;
  private timestamp = '';
  private scope = '';
  private key: KeyObject | undefined;

  constructor(
    private readonly credentials: StoreCredentials,
    private readonly region: string,
    private readonly now: () => number = Date.now,
  ) {}

  /** The headers to send, flat as `name, value, name, value`: host, the signed ones, and Authorization. */
  sign(request: RequestToSign): string[] {
    const key = this.keyOfToday();
    const headers: HeaderPair[] = [
      ['host', request.host],
      ['x-amz-content-sha256', request.payloadHash],
      ['x-amz-date', this.timestamp],
    ];
    if (this.credentials.securityToken !== undefined)
      headers.push(['x-amz-security-token', this.credentials.securityToken]);
    if (request.headers.length > 0) {
      headers.push(...request.headers);
      headers.sort(byName);
    }
    let canonical = `${request.method}\n${request.path}\n${request.query}\n`;
    let names = '';
    const sent: string[] = [];
    for (const [name, value] of headers) {
      canonical += `${name}:${value.trim().replace(SPACES, ' ')}\n`;
      names += names === '' ? name : `;${name}`;
      sent.push(name, value);
    }
    canonical += `\n${names}\n${request.payloadHash}`;
    const toSign = `AWS4-HMAC-SHA256\n${this.timestamp}\n${this.scope}\n${sha256Hex(canonical)}`;
    const signature = createHmac('sha256', key).update(toSign).digest('hex');
    const credential = `${this.credentials.accessKey}/${this.scope}`;
    sent.push(
      'authorization',
      `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${names}, Signature=${signature}`,
    );
    return sent;
  }

  private keyOfToday(): KeyObject {
    const ms = this.now();
    const second = Math.floor(ms / 1000);
    if (second !== this.second) {
      this.second = second;
      this.timestamp = amzDate(ms);
      const date = this.timestamp.slice(0, 8);
      const scope = `${date}/${this.region}/s3/aws4_request`;
      if (scope !== this.scope) {
        this.scope = scope;
        this.key = undefined;
      }
    }
    this.key ??= this.deriveKey(this.timestamp.slice(0, 8));
    return this.key;
  }

  private deriveKey(date: string): KeyObject {
    let key = createSecretKey(`AWS4${this.credentials.secretKey}`, 'utf8');
    for (const step of [date, this.region, 's3', 'aws4_request']) key = createSecretKey(hmac(key, step));
    return key;
  }
}
