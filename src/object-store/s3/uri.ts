import { StoreError } from '../object-store.port.js';

const PLAIN_PATH = /^[A-Za-z0-9\-._~/]*$/;
const LEFT_BY_JS = /[!'()*]/g;
const ENCODED_SLASH = /%2F/g;

const escapeCharacter = (character: string): string => `%${character.charCodeAt(0).toString(16).toUpperCase()}`;

/** Percent-encodes everything but the unreserved characters of RFC 3986, as SigV4 wants it. Lone surrogates are refused. */
export function encodeUriStrictly(text: string): string {
  try {
    return encodeURIComponent(text).replace(LEFT_BY_JS, escapeCharacter);
  } catch (cause) {
    throw new StoreError('invalid', 'A name that is not well-formed Unicode cannot be sent', { cause });
  }
}

/** A key as a URL path: encoded once, `/` kept. Dots and double slashes stay: to S3 they are ordinary characters. */
export const encodePath = (key: string): string =>
  PLAIN_PATH.test(key) ? key : encodeUriStrictly(key).replace(ENCODED_SLASH, '/');

/** `[name, value]` pairs as a canonical query: the order of the pairs must be that of the encoded names. */
export function canonicalQuery(pairs: readonly (readonly [string, string])[]): string {
  let query = '';
  for (const [name, value] of pairs)
    query += `${query === '' ? '' : '&'}${encodeUriStrictly(name)}=${encodeUriStrictly(value)}`;
  return query;
}
