import { createHmac, hash } from 'node:crypto';
import type { StoreCredentials } from '../object-store.port.js';
import { onTheWire } from './header-values.js';
import { TailHmac } from './tail-hmac.js';

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

const inOrder = (header: HeaderPair, at: number, all: readonly HeaderPair[]): boolean =>
  at === 0 || byName(all[at - 1] ?? header, header) <= 0;

const sorted = (headers: readonly HeaderPair[]): readonly HeaderPair[] =>
  headers.every(inOrder) ? headers : [...headers].sort(byName);

const NEEDS_FOLDING = /^ | $| {2}|[^\S ]/;
const SPACES = /\s+/g;
const folded = (value: string): string => (NEEDS_FOLDING.test(value) ? value.trim().replace(SPACES, ' ') : value);

const hmac = (key: Buffer | string, data: string): Buffer => createHmac('sha256', key).update(data).digest();

/** The request as its signature sees it, and its headers as they are sent, in one go. */
class Canonical {
  names = '';
  readonly sent: string[] = [];

  constructor(public text: string) {}

  add(name: string, value: string, sent = value): void {
    this.text += `${name}:${value}\n`;
    this.names += this.names === '' ? name : `;${name}`;
    this.sent.push(name, sent);
  }
}

/**
 * Signs S3 requests with AWS Signature Version 4 in the Authorization header. The derived key is kept for its day and what
 * all requests of a second share for that second, so that a request costs three short SHA-256.
 */
export class SigV4Signer {
  private second = -1;
  private timestamp = '';
  private scope = '';
  private key: Buffer = Buffer.alloc(0);
  private hmac: TailHmac | undefined;
  /** The Authorization header up to the names of what is signed. */
  private authorization = '';

  constructor(
    private readonly credentials: StoreCredentials,
    private readonly region: string,
    private readonly now: () => number = Date.now,
  ) {}

  /**
   * The headers to send, flat as `name, value, name, value`: host, the signed ones, and Authorization. Values are as they go
   * on the wire; one that cannot is refused.
   */
  sign({ method, path, query, host, payloadHash, headers }: RequestToSign): string[] {
    const signatures = this.ofThisSecond();
    const request = new Canonical(`${method}\n${path}\n${query}\n`);
    const own = sorted(headers);
    let next = 0;
    const addBefore = (fixed: string): void => {
      for (let header = own[next]; header !== undefined && header[0] < fixed; header = own[++next])
        request.add(header[0], folded(header[1]), onTheWire(header[1]));
    };
    addBefore('host');
    request.add('host', host);
    addBefore('x-amz-content-sha256');
    request.add('x-amz-content-sha256', payloadHash);
    addBefore('x-amz-date');
    request.add('x-amz-date', this.timestamp);
    const { securityToken } = this.credentials;
    if (securityToken !== undefined) {
      addBefore('x-amz-security-token');
      request.add('x-amz-security-token', folded(securityToken), onTheWire(securityToken));
    }
    addBefore('\uffff');
    const { names, sent } = request;
    const signature = signatures.hex(sha256Hex(`${request.text}\n${names}\n${payloadHash}`));
    sent.push('authorization', `${this.authorization}${names}, Signature=${signature}`);
    return sent;
  }

  private ofThisSecond(): TailHmac {
    const ms = this.now();
    const second = Math.floor(ms / 1000);
    if (second === this.second && this.hmac !== undefined) return this.hmac;
    this.second = second;
    this.timestamp = amzDate(ms);
    const date = this.timestamp.slice(0, 8);
    const scope = `${date}/${this.region}/s3/aws4_request`;
    if (scope !== this.scope) {
      const credential = onTheWire(`${this.credentials.accessKey}/${scope}`);
      this.authorization = `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=`;
      this.key = this.deriveKey(date);
      this.scope = scope;
    }
    return (this.hmac = new TailHmac(this.key, `AWS4-HMAC-SHA256\n${this.timestamp}\n${scope}\n`));
  }

  private deriveKey(date: string): Buffer {
    let key: Buffer | string = `AWS4${this.credentials.secretKey}`;
    for (const step of [date, this.region, 's3', 'aws4_request']) key = hmac(key, step);
    return Buffer.from(key);
  }
}
