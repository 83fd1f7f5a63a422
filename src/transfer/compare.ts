import { assertNever } from '../kernel/assert-never.js';
import { type ObjectInfo, UNKNOWN_SIZE } from '../object-store/object-store.port.js';

/** When an object that exists at the destination is copied again; names as in the OMS API. */
export type OverwriteMode =
  'NO_OVERWRITE' | 'SIZE_LAST_MODIFIED_COMPARISON_OVERWRITE' | 'CRC64_COMPARISON_OVERWRITE' | 'FULL_OVERWRITE';

/** Why an object was left alone. */
export type IgnoreReason = 'ALREADY_EXISTS' | 'UP_TO_DATE' | 'SAME_CRC64' | 'NOT_MODIFIED_SINCE';

export type Decision = { readonly copy: true } | { readonly copy: false; readonly reason: IgnoreReason };

/** What of an object the decision looks at; a listing entry will do. */
export type Comparable = Pick<ObjectInfo, 'size' | 'lastModifiedMs'> & Partial<Pick<ObjectInfo, 'md5' | 'crc64'>>;

const COPY: Decision = { copy: true };

/**
 * Whether an object that exists on both sides must be copied. A source that does not tell its size counts as different,
 * unless a checksum says otherwise.
 */
export function compare(mode: OverwriteMode, source: Comparable, destination: Comparable): Decision {
  switch (mode) {
    case 'FULL_OVERWRITE':
      return COPY;
    case 'NO_OVERWRITE':
      return { copy: false, reason: 'ALREADY_EXISTS' };
    case 'CRC64_COMPARISON_OVERWRITE':
      return compareCrc64(source, destination);
    case 'SIZE_LAST_MODIFIED_COMPARISON_OVERWRITE':
      return compareSizeAndTime(source, destination);
    default:
      return assertNever(mode);
  }
}

/** Without a CRC-64 on both sides the size and time decide. */
function compareCrc64(source: Comparable, destination: Comparable): Decision {
  if (source.crc64 === undefined || destination.crc64 === undefined) return compareSizeAndTime(source, destination);
  return sizesMatch(source, destination) && source.crc64 === destination.crc64
    ? { copy: false, reason: 'SAME_CRC64' }
    : COPY;
}

const sizesMatch = (source: Comparable, destination: Comparable): boolean =>
  source.size === destination.size || source.size === UNKNOWN_SIZE;

/**
 * Same size and a destination that is not older: up to date. In the same instant a source may have changed after it was
 * copied, so there two MD5s that are known and differ still ask for a copy.
 */
function compareSizeAndTime(source: Comparable, destination: Comparable): Decision {
  if (source.size !== destination.size) return COPY;
  const ageMs = ageDifferenceMs(source.lastModifiedMs, destination.lastModifiedMs);
  if (ageMs > 0) return COPY;
  if (ageMs === 0 && source.md5 !== undefined && destination.md5 !== undefined && source.md5 !== destination.md5) {
    return COPY;
  }
  return { copy: false, reason: 'UP_TO_DATE' };
}

/**
 * How much later the source is. A time without a fraction comes from a header that has none, so then the fraction of the
 * other is no sign of being later, and both are taken at whole seconds.
 */
function ageDifferenceMs(sourceMs: number, destinationMs: number): number {
  if (sourceMs % 1000 !== 0 && destinationMs % 1000 !== 0) return sourceMs - destinationMs;
  return (Math.floor(sourceMs / 1000) - Math.floor(destinationMs / 1000)) * 1000;
}
