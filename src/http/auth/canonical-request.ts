import { createHash, createHmac } from 'node:crypto';

/** What of a request goes into its SDK-HMAC-SHA256 signature. */
export interface SignedParts {
  readonly method: string;
  /** As in the request line, query included. */
  readonly url: string;
  /** Value of a header by its lower-case name; undefined when the request has none. */
  readonly header: (name: string) => string | undefined;
  /** Names as the caller listed them, in that order. */
  readonly signedHeaders: readonly string[];
  readonly body: Buffer;
}

export const SIGNING_ALGORITHM = 'SDK-HMAC-SHA256';

const sha256 = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex');

/** Percent-encodes all but the unreserved characters of RFC 3986. */
const encode = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);

/** Throws URIError on a bad escape. */
export function canonicalRequest({ method, url, header, signedHeaders, body }: SignedParts): string {
  const [path = '', query = ''] = splitOnce(url, '?');
  const headers = signedHeaders.map((name) => `${name}:${(header(name) ?? '').trim()}\n`).join('');
  const parts = [method, canonicalPath(path), canonicalQuery(query), headers, signedHeaders.join(';'), sha256(body)];
  return parts.join('\n');
}

/** The signature of a canonical request in lower-case hex. */
export const signatureOf = (canonical: string, date: string, secretKey: string): string =>
  createHmac('sha256', secretKey)
    .update([SIGNING_ALGORITHM, date, sha256(canonical)].join('\n'))
    .digest('hex');

/** The whole path is decoded first: clients that send `%2F` and clients that send `/` sign the same. */
function canonicalPath(path: string): string {
  const encoded = decodeURIComponent(path).split('/').map(encode).join('/');
  return encoded.endsWith('/') ? encoded : `${encoded}/`;
}

function canonicalQuery(query: string): string {
  const pairs = query
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => splitOnce(pair, '=').map((part) => decodeURIComponent(part.replaceAll('+', ' '))));
  return pairs
    .sort(([a = '', x = ''], [b = '', y = '']) => order(a, b) || order(x, y))
    .map(([name = '', value = '']) => `${encode(name)}=${encode(value)}`)
    .join('&');
}

const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function splitOnce(text: string, separator: string): readonly string[] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}
