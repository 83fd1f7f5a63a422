import { positionOf, type Bucket } from './buckets.js';

const HEAD =
  '<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">';
/** Sorts after everything that begins alike: keys are ASCII. */
const AFTER_ALL = '\u007f';

const contents = (key: string, { lastModified, etag, size }: { lastModified: string; etag: string; size: number }) =>
  `<Contents><Key>${key}</Key><LastModified>${lastModified}</LastModified><ETag>&quot;${etag}&quot;</ETag>` +
  `<Size>${size}</Size><StorageClass>STANDARD</StorageClass></Contents>`;

/** Formats each time once: neighbours often share it. */
class Times {
  private ms = NaN;
  private text = '';

  of(ms: number): string {
    if (ms !== this.ms) {
      this.ms = ms;
      this.text = new Date(ms).toISOString();
    }
    return this.text;
  }
}

/** The answer to ListObjects of version 1 or 2; the token of version 2 is the last key. */
export function listBucket(bucket: Bucket, query: URLSearchParams): string {
  const prefix = query.get('prefix') ?? '';
  const delimiter = query.get('delimiter') ?? '';
  const version2 = query.get('list-type') === '2';
  const after = query.get('continuation-token') ?? query.get('start-after') ?? query.get('marker') ?? '';
  const most = Math.min(1000, Number(query.get('max-keys') ?? 1000));
  const times = new Times();
  let at =
    after === ''
      ? positionOf(bucket, prefix)
      : Math.max(positionOf(bucket, prefix), pastMarker(bucket, after, delimiter));
  let body = '';
  let folders = '';
  let last = '';
  let given = 0;
  const end = positionOf(bucket, prefix + AFTER_ALL);
  for (; at < end && given < most; given++) {
    last = bucket.keyAt(at);
    const cut = delimiter === '' ? -1 : last.indexOf(delimiter, prefix.length);
    if (cut < 0) {
      const { lastModifiedMs, etag, size } = bucket.objectAt(at++);
      body += contents(last, { lastModified: times.of(lastModifiedMs), etag, size });
    } else {
      last = last.slice(0, cut + delimiter.length);
      folders += `<CommonPrefixes><Prefix>${last}</Prefix></CommonPrefixes>`;
      at = positionOf(bucket, last + AFTER_ALL);
    }
  }
  const more = at < end;
  const next = more
    ? version2
      ? `<NextContinuationToken>${last}</NextContinuationToken>`
      : `<NextMarker>${last}</NextMarker>`
    : '';
  const count = version2 ? `<KeyCount>${given}</KeyCount>` : '<Marker></Marker>';
  return `${HEAD}<Name>bench</Name><Prefix>${prefix}</Prefix><MaxKeys>${most}</MaxKeys>${count}<IsTruncated>${more}</IsTruncated>${next}${body}${folders}</ListBucketResult>`;
}

function pastMarker(bucket: Bucket, marker: string, delimiter: string): number {
  if (delimiter !== '' && marker.endsWith(delimiter)) return positionOf(bucket, marker + AFTER_ALL);
  const at = positionOf(bucket, marker);
  return at < bucket.count && bucket.keyAt(at) === marker ? at + 1 : at;
}
