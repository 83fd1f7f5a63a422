import { xmlReply, type Call, type Reply } from './call.js';
import type { KeyIndex } from './key-index.js';
import { byUtf8 } from './key-index.js';
import { S3Error } from './s3-error.js';
import type { StoredObject } from './state.js';
import { element } from './xml.js';

/** The encoding of `encoding-type=url`: a space is a plus sign, slashes and stars stay. */
const encodeKey = (text: string): string =>
  encodeURIComponent(text)
    .replace(/%20/g, '+')
    .replace(/%2F/g, '/')
    .replace(/[!'()~]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`);

interface PageRequest {
  readonly prefix: string;
  readonly delimiter: string;
  /** Everything up to and including this key is passed over; with `skipPrefix` also all that begins with it. */
  readonly after: string;
  readonly skipPrefix: boolean;
  readonly maxKeys: number;
}

type Entry = { readonly key: string; readonly object: StoredObject } | { readonly commonPrefix: string };

interface Page {
  readonly entries: readonly Entry[];
  readonly truncated: boolean;
}

/** Where the first key stands that is after all keys beginning with `prefix`. */
const pastPrefix = (keys: readonly string[], prefix: string, from: number): number => {
  let low = from;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const key = keys[middle]!;
    if (key.startsWith(prefix) || byUtf8(key, prefix) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
};

const pageOf = (
  objects: KeyIndex<StoredObject>,
  { prefix, delimiter, after, skipPrefix, maxKeys }: PageRequest,
): Page => {
  const keys = objects.keys();
  let at = objects.position(prefix, false);
  if (after !== '') at = Math.max(at, skipPrefix ? pastPrefix(keys, after, at) : objects.position(after, true));
  const entries: Entry[] = [];
  for (; at < keys.length;) {
    const key = keys[at]!;
    if (!key.startsWith(prefix)) return { entries, truncated: false };
    if (entries.length === maxKeys) return { entries, truncated: maxKeys > 0 };
    const cut = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
    if (cut < 0) {
      entries.push({ key, object: objects.get(key)! });
      at++;
    } else {
      const commonPrefix = key.slice(0, cut + delimiter.length);
      entries.push({ commonPrefix });
      at = pastPrefix(keys, commonPrefix, at);
    }
  }
  return { entries, truncated: false };
};

const nameOf = (entry: Entry): string => ('key' in entry ? entry.key : entry.commonPrefix);

const maxKeysOf = (text: string | undefined): number => {
  if (text === undefined) return 1000;
  if (!/^\d{1,9}$/.test(text))
    throw new S3Error('InvalidArgument', 'Provided max-keys not an integer or within integer range');
  return Math.min(Number(text), 1000);
};

const render = (entries: readonly Entry[], encode: (text: string) => string): string =>
  entries
    .map((entry) =>
      'key' in entry
        ? `<Contents>${element('Key', encode(entry.key))}<LastModified>${entry.object.lastModified.toISOString()}</LastModified>` +
          `<ETag>&quot;${entry.object.etag}&quot;</ETag><Size>${entry.object.content.size}</Size>` +
          `<StorageClass>${entry.object.storageClass}</StorageClass></Contents>`
        : `<CommonPrefixes>${element('Prefix', encode(entry.commonPrefix))}</CommonPrefixes>`,
    )
    .join('');

const encoderOf = (type: string | undefined): ((text: string) => string) => {
  if (type !== undefined && type !== 'url')
    throw new S3Error('InvalidArgument', 'Invalid Encoding Method specified in Request');
  return type === 'url' ? encodeKey : (text) => text;
};

/** Continuation tokens are opaque to clients: the place to go on from, and whether it was a common prefix. */
const encodeToken = (after: string, skipPrefix: boolean): string =>
  Buffer.from(JSON.stringify([after, skipPrefix])).toString('base64');

const decodeToken = (token: string): { after: string; skipPrefix: boolean } => {
  try {
    const [after, skipPrefix] = JSON.parse(Buffer.from(token, 'base64').toString('utf8')) as [unknown, unknown];
    if (typeof after === 'string' && typeof skipPrefix === 'boolean') return { after, skipPrefix };
  } catch {
    // falls through to the refusal
  }
  throw new S3Error('InvalidArgument', 'The continuation token provided is incorrect');
};

const disturbed = (entries: readonly Entry[], { fault }: Call): readonly Entry[] =>
  fault?.kind === 'unsorted' ? [...entries].reverse() : entries;

export function listObjectsV2(call: Call): Reply {
  const { request, state, fault } = call;
  const { query } = request;
  const bucket = state.bucket(request.bucket);
  const token = query.get('continuation-token');
  const startAfter = query.get('start-after');
  const from = token === undefined ? { after: startAfter ?? '', skipPrefix: false } : decodeToken(token);
  const encode = encoderOf(query.get('encoding-type'));
  const [prefix, delimiter] = [query.get('prefix') ?? '', query.get('delimiter') ?? ''];
  const maxKeys = maxKeysOf(query.get('max-keys'));
  const { entries, truncated } = pageOf(bucket.objects, { prefix, delimiter, maxKeys, ...from });
  const last = entries.at(-1);
  const onward = truncated && last !== undefined ? encodeToken(nameOf(last), !('key' in last)) : undefined;
  const next = fault?.kind === 'repeat-token' ? (token ?? encodeToken(from.after, from.skipPrefix)) : onward;
  return xmlReply(
    'ListBucketResult',
    [
      element('Name', request.bucket),
      element('Prefix', encode(prefix)),
      delimiter === '' ? '' : element('Delimiter', encode(delimiter)),
      element('MaxKeys', maxKeys),
      element('KeyCount', entries.length),
      startAfter === undefined ? '' : element('StartAfter', encode(startAfter)),
      element('ContinuationToken', token),
      element('NextContinuationToken', next),
      element('EncodingType', query.get('encoding-type')),
      element('IsTruncated', next !== undefined),
      render(disturbed(entries, call), encode),
    ].join(''),
  );
}

/** Version 1: resumes by marker, and names the next one only when there is a delimiter. */
export function listObjectsV1(call: Call): Reply {
  const { request, state } = call;
  const { query } = request;
  const bucket = state.bucket(request.bucket);
  const encode = encoderOf(query.get('encoding-type'));
  const [prefix, delimiter, marker] = [
    query.get('prefix') ?? '',
    query.get('delimiter') ?? '',
    query.get('marker') ?? '',
  ];
  const maxKeys = maxKeysOf(query.get('max-keys'));
  const skipPrefix = delimiter !== '' && marker.startsWith(prefix) && marker.slice(prefix.length).endsWith(delimiter);
  const { entries, truncated } = pageOf(bucket.objects, { prefix, delimiter, after: marker, skipPrefix, maxKeys });
  const last = entries.at(-1);
  return xmlReply(
    'ListBucketResult',
    [
      element('Name', request.bucket),
      element('Prefix', encode(prefix)),
      element('Marker', encode(marker)),
      delimiter === '' ? '' : element('Delimiter', encode(delimiter)),
      element('MaxKeys', maxKeys),
      element('EncodingType', query.get('encoding-type')),
      element('IsTruncated', truncated),
      truncated && delimiter !== '' && last !== undefined ? element('NextMarker', encode(nameOf(last))) : '',
      render(disturbed(entries, call), encode),
    ].join(''),
  );
}
