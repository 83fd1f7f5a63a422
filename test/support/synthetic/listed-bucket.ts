import { element } from '../s3-endpoint/xml.js';
import type { S3Request } from '../s3-endpoint/request.js';

export interface ListedEntry {
  readonly key: string;
  readonly size: number;
  /** ISO 8601 in UTC. */
  readonly modified: string;
  readonly etag: string;
}

/** Objects in key order, by their place. */
export interface ListedBucket {
  readonly count: number;
  /** The place of the first key that is not before `text`; not `text` itself when `exclusive`. */
  firstFrom(text: string, exclusive: boolean): number;
  entry(place: number): ListedEntry;
}

const MAX_KEYS = 1000;

const contents = ({ key, size, modified, etag }: ListedEntry): string =>
  `<Contents><Key>${key}</Key><LastModified>${modified}</LastModified><ETag>&quot;${etag}&quot;</ETag>` +
  `<Size>${size}</Size><StorageClass>STANDARD</StorageClass></Contents>`;

/** One page of either version of the listing. Keys must not need escaping. */
export function listPage(bucket: ListedBucket, { query }: S3Request): string {
  const version2 = query.get('list-type') === '2';
  const prefix = query.get('prefix') ?? '';
  const after = version2 ? (query.get('continuation-token') ?? query.get('start-after')) : query.get('marker');
  const maxKeys = Math.min(Number(query.get('max-keys') ?? MAX_KEYS), MAX_KEYS);
  let at = bucket.firstFrom(prefix, false);
  if (after !== undefined && after !== '') at = Math.max(at, bucket.firstFrom(after, true));
  const parts: string[] = [];
  let last = '';
  let truncated = false;
  for (; at < bucket.count; at++) {
    const entry = bucket.entry(at);
    if (!entry.key.startsWith(prefix)) break;
    truncated = parts.length === maxKeys;
    if (truncated) break;
    parts.push(contents(entry));
    last = entry.key;
  }
  return [
    '<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult>',
    element('Prefix', prefix),
    element('MaxKeys', maxKeys),
    version2 ? element('KeyCount', parts.length) : element('Marker', after ?? ''),
    version2 && truncated ? element('NextContinuationToken', last) : '',
    element('IsTruncated', truncated),
    ...parts,
    '</ListBucketResult>',
  ].join('');
}
