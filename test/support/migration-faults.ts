import type { Fault, S3Endpoint } from './s3-endpoint/s3-endpoint.js';
import { document, element } from './s3-endpoint/xml.js';

export const LISTINGS = ['ListObjects', 'ListObjectsV2'] as const;

const LONG_AGO = '2026-01-02T03:04:05.000Z';

const truncatedPage = (keys: readonly string[], onward: string): string =>
  document(
    'ListBucketResult',
    [
      element('IsTruncated', true),
      element('NextContinuationToken', onward),
      element('NextMarker', onward),
      ...keys.map(
        (key) =>
          `<Contents>${element('Key', key)}${element('LastModified', LONG_AGO)}${element('Size', 1)}` +
          `${element('ETag', '"0cc175b9c0f1b6a831c399e269772661"')}</Contents>`,
      ),
    ].join(''),
  );

/** Every page has these keys and names a token that was never seen before: none of them is the last. */
export const endlessPages = (keys: readonly string[] = []): Fault => {
  let page = 0;
  return { kind: 'document', text: () => truncatedPage(keys, `token-${String(++page).padStart(9, '0')}`) };
};

/** Does something once: when so many pages of the bucket's listings have been made, before the last of them is answered. */
export function whenListed(endpoint: S3Endpoint, bucket: string, pages: number, happen: () => unknown): void {
  endpoint.faults.always({ operation: LISTINGS, bucket }, { kind: 'meanwhile', happen }, { skip: pages - 1, times: 1 });
}

/** Listings that touch keys under this prefix are refused, whatever prefix they were asked for. */
export function refuseListing(endpoint: S3Endpoint, bucket: string, prefix: string): void {
  endpoint.faults.always(
    { operation: LISTINGS, bucket, when: ({ query }) => (query.get('prefix') ?? '').startsWith(prefix) },
    { kind: 'error', code: 'AccessDenied' },
  );
}
