import { StoreError, type ListedObject } from '../object-store.port.js';
import { textOf, unescapeXml } from './xml.js';

export interface ListPage {
  readonly objects: readonly ListedObject[];
  readonly isTruncated: boolean;
  /** ListObjectsV2's NextContinuationToken. */
  readonly nextToken: string | undefined;
  /** ListObjects' (version 1) NextMarker, decoded. */
  readonly nextMarker: string | undefined;
}

const malformed = (what: string): StoreError =>
  new StoreError('unavailable', `The listing is malformed: ${what}`, { backendCode: 'MalformedListing' });

/**
 * A name under `encoding-type=url`. S3 and most others form-encode: a space comes as `+`, a plus as `%2B`; servers that write
 * `%20` escape the plus as well, so `+` always stands for a space.
 */
function decodeName(text: string): string {
  const spaced = text.includes('+') ? text.replaceAll('+', ' ') : text;
  if (!spaced.includes('%')) return spaced;
  try {
    return decodeURIComponent(spaced);
  } catch {
    throw malformed('a name is not valid UTF-8');
  }
}

const digits = (text: string, from: number, to: number): number => {
  let value = 0;
  for (let at = from; at < to; at++) {
    const digit = text.charCodeAt(at) - 48;
    if (digit < 0 || digit > 9) return NaN;
    value = value * 10 + digit;
  }
  return value;
};

/** `2026-01-02T03:04:05.678Z`, the form that listings use, without a `Date`; other forms take the long way. */
export function parseListTime(text: string): number {
  if (text.length !== 24 || text.charCodeAt(23) !== 90 || text.charCodeAt(10) !== 84) return Date.parse(text);
  return (
    Date.UTC(digits(text, 0, 4), digits(text, 5, 7) - 1, digits(text, 8, 10)) +
    digits(text, 11, 13) * 3_600_000 +
    digits(text, 14, 16) * 60_000 +
    digits(text, 17, 19) * 1000 +
    digits(text, 20, 23)
  );
}

/** An ETag as the port has it: without quotes and without the mark of a weak one. */
export function bareEtag(text: string): string {
  const start = text.startsWith('W/') ? 2 : 0;
  return text.charCodeAt(start) === 34 && text.endsWith('"') ? text.slice(start + 1, -1) : text.slice(start);
}

const SLASH = 47;
const BLOCK = '<Contents>';
const BLOCK_END = '</Contents>';

type Writable<T> = { -readonly [Name in keyof T]: T[Name] };

const QUOTE = '&quot;';

/** The usual form without the detour over a general unescape. */
const listedEtag = (text: string): string =>
  text.startsWith(QUOTE) && text.indexOf('&', 1) === text.length - QUOTE.length && text.endsWith(QUOTE)
    ? text.slice(QUOTE.length, -QUOTE.length)
    : bareEtag(unescapeXml(text));

/** Reads one `Contents` element whose inside starts at `from` and ends at `to`. */
function readObject(xml: string, from: number, to: number): Writable<ListedObject> {
  let key: string | undefined;
  let size = NaN;
  let lastModifiedMs = NaN;
  let etag: string | undefined;
  let storageClass: string | undefined;
  for (let open = xml.indexOf('<', from); open < to; open = xml.indexOf('<', from)) {
    const close = xml.indexOf('>', open);
    from = close + 1;
    if (xml.charCodeAt(open + 1) === SLASH || xml.charCodeAt(close - 1) === SLASH) continue;
    const end = xml.indexOf('<', from);
    const name = xml.slice(open + 1, close);
    if (name === 'Key') key = unescapeXml(xml.slice(from, end));
    else if (name === 'LastModified') lastModifiedMs = parseListTime(xml.slice(from, end));
    else if (name === 'ETag') etag = listedEtag(xml.slice(from, end));
    else if (name === 'Size') size = end > from ? digits(xml, from, end) : NaN;
    else if (name === 'StorageClass') storageClass = xml.slice(from, end);
    from = end;
  }
  if (key === undefined || key === '') throw malformed('an object without a key');
  if (!Number.isSafeInteger(size)) throw malformed('an object without a size');
  if (Number.isNaN(lastModifiedMs)) throw malformed('an object without a time');
  const object: Writable<ListedObject> = { key, size, lastModifiedMs };
  if (etag !== undefined && etag !== '') object.etag = etag;
  if (storageClass !== undefined && storageClass !== '') object.storageClass = storageClass;
  return object;
}

/** Reads the answer of ListObjectsV2 or ListObjects by searching, not parsing: ten times as fast as an XML parser. */
export function readListPage(xml: string): ListPage {
  if (!xml.includes('ListBucketResult')) throw malformed('no ListBucketResult');
  const objects: Writable<ListedObject>[] = [];
  let rest = '';
  let at = 0;
  for (let open = xml.indexOf(BLOCK); open >= 0; open = xml.indexOf(BLOCK, at)) {
    rest += xml.slice(at, open);
    const end = xml.indexOf(BLOCK_END, open);
    if (end < 0) throw malformed('cut short');
    objects.push(readObject(xml, open + BLOCK.length, end));
    at = end + BLOCK_END.length;
  }
  rest += xml.slice(at);
  if (!rest.includes('</ListBucketResult>') && objects.length > 0) throw malformed('cut short');
  // Which way it is encoded is what the answer says, not what was asked for. Looking for it among the objects would take long.
  const encoded = textOf(rest, 'EncodingType') === 'url';
  if (encoded) for (const object of objects) object.key = decodeName(object.key);
  const marker = textOf(rest, 'NextMarker') || undefined;
  return {
    objects,
    isTruncated: textOf(rest, 'IsTruncated')?.trim() === 'true',
    nextToken: textOf(rest, 'NextContinuationToken') || undefined,
    nextMarker: marker !== undefined && encoded ? decodeName(marker) : marker,
  };
}
