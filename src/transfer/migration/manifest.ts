import type { ListedObject } from '../../object-store/object-store.port.js';

/** A line of a manifest is longer than this only if it is none of ours: three bytes a byte of a key, and room for the rest. */
export const MAX_MANIFEST_LINE_BYTES = 65_535;

/**
 * One object of a manifest, with its line feed: what a listing of the source said, so that nobody lists it again. Columns,
 * separated by tabs: name (URL-encoded), size, last modified in milliseconds, ETag and storage class (URL-encoded, or empty).
 */
export const manifestLine = ({ key, size, lastModifiedMs, etag = '', storageClass = '' }: ListedObject): string =>
  `${encodeURIComponent(key)}\t${size}\t${lastModifiedMs}\t${encodeURIComponent(etag)}\t${encodeURIComponent(storageClass)}\n`;

const NUMBER = /^-?\d{1,16}(\.\d{1,9})?$/;

/** What a line, without its line feed, says; undefined when it is not one of `manifestLine`. */
export function parseManifestLine(line: string): ListedObject | undefined {
  const [name, size = '', lastModified = '', etag, storageClass, ...more] = line.split('\t');
  if (name === undefined || etag === undefined || storageClass === undefined || more.length > 0) return undefined;
  if (!NUMBER.test(size) || !NUMBER.test(lastModified)) return undefined;
  try {
    return {
      key: decodeURIComponent(name),
      size: Number(size),
      lastModifiedMs: Number(lastModified),
      ...(etag === '' ? {} : { etag: decodeURIComponent(etag) }),
      ...(storageClass === '' ? {} : { storageClass: decodeURIComponent(storageClass) }),
    };
  } catch {
    return undefined; // a bad escape
  }
}
