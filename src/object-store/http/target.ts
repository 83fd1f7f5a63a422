import { StoreError } from '../object-store.port.js';

/** Where one request goes. */
export interface HttpTarget {
  /** `http://host:port` or `https://host:port`. */
  readonly origin: string;
  /** Path and query, as they go on the wire. */
  readonly path: string;
  /** Value of the Authorization header, from a URL with a user name in it; for this origin only. */
  readonly authorization?: string;
}

const invalidUrl = (message: string): StoreError => new StoreError('invalid', message, { backendCode: 'InvalidUrl' });

/** Where a URL leads. What it has behind `#` is not for the server. The messages never repeat it: a URL may be a secret. */
export function targetOfUrl(text: string, base?: string): HttpTarget {
  if (!URL.canParse(text, base)) throw invalidUrl('This is not a URL');
  const { protocol, origin, pathname, search, username, password } = new URL(text, base);
  if (protocol !== 'http:' && protocol !== 'https:') throw invalidUrl('The URL is neither http nor https');
  const path = pathname + search;
  if (username === '' && password === '') return { origin, path };
  const user = `${decoded(username)}:${decoded(password)}`;
  return { origin, path, authorization: `Basic ${Buffer.from(user).toString('base64')}` };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw invalidUrl('The user name in the URL is not well-formed');
  }
}

/** Where a redirect leads. A user name and password go along within one origin only. */
export function redirected(from: HttpTarget, location: string | undefined): HttpTarget {
  if (location === undefined)
    throw new StoreError('unavailable', 'A redirect says no place', { backendCode: 'MalformedAnswer' });
  const to = targetOfUrl(location, from.origin + from.path);
  return to.origin === from.origin && from.authorization !== undefined && to.authorization === undefined
    ? { ...to, authorization: from.authorization }
    : to;
}
