import type { StoreError, StoreErrorKind } from '../object-store/object-store.port.js';

export type Side = 'source' | 'destination';

/** Why an object was not synchronized: stable codes, kept in events and lists for ever. Add some, never rename one. */
export const FAILURE_REASONS = {
  SOURCE_NOT_FOUND: 'The source has no object of this name.',
  SOURCE_BUCKET_NOT_FOUND: 'The source bucket does not exist.',
  SOURCE_DENIED: 'The source credentials are known but may not read this object.',
  SOURCE_CREDENTIALS_REFUSED: 'The source does not accept the credentials.',
  SOURCE_ARCHIVED: 'The source object is archived, and not readable within the time a restore was given, if any.',
  SOURCE_CHANGED: 'The source object kept changing while it was read.',
  SOURCE_UNAVAILABLE: 'The source gave no usable answer: refused, cut, timed out or 5xx, more often than is tolerated.',
  SOURCE_THROTTLED: 'The source kept asking to slow down.',
  SOURCE_INVALID: 'The source can never serve this request, for example because of the name.',
  DESTINATION_NOT_FOUND: 'The destination lost what it was working on, such as an upload.',
  DESTINATION_BUCKET_NOT_FOUND: 'The destination bucket does not exist.',
  DESTINATION_DENIED: 'The destination credentials are known but may not write this object.',
  DESTINATION_CREDENTIALS_REFUSED: 'The destination does not accept the credentials.',
  DESTINATION_ARCHIVED: 'The destination refuses because an object is archived.',
  DESTINATION_CHANGED: 'A precondition failed at the destination.',
  DESTINATION_UNAVAILABLE: 'The destination gave no usable answer, more often than is tolerated.',
  DESTINATION_THROTTLED: 'The destination kept asking to slow down.',
  DESTINATION_INVALID: 'The destination can never take this object, for example because of its name.',
  TARGET_NAME_TOO_LONG: 'The name at the destination has more than 1,024 bytes.',
  OBJECT_TOO_LARGE: 'The object is larger than the destination takes.',
  CHECKSUM_MISMATCH:
    'What arrived was not what was sent, in every attempt. Only the code WrongCopyLeft means that it could not be removed.',
  OBJECT_TIMEOUT: 'The object was not done within the time one object has.',
  INTERNAL_ERROR: 'A defect of this service; its log has the details.',
} as const satisfies Record<string, string>;

export type FailureReason = keyof typeof FAILURE_REASONS;

const BY_KIND: Readonly<Record<StoreErrorKind, Readonly<Record<Side, FailureReason>>>> = {
  'not-found': { source: 'SOURCE_NOT_FOUND', destination: 'DESTINATION_NOT_FOUND' },
  'no-such-bucket': { source: 'SOURCE_BUCKET_NOT_FOUND', destination: 'DESTINATION_BUCKET_NOT_FOUND' },
  denied: { source: 'SOURCE_DENIED', destination: 'DESTINATION_DENIED' },
  'bad-credentials': { source: 'SOURCE_CREDENTIALS_REFUSED', destination: 'DESTINATION_CREDENTIALS_REFUSED' },
  archived: { source: 'SOURCE_ARCHIVED', destination: 'DESTINATION_ARCHIVED' },
  changed: { source: 'SOURCE_CHANGED', destination: 'DESTINATION_CHANGED' },
  invalid: { source: 'SOURCE_INVALID', destination: 'DESTINATION_INVALID' },
  checksum: { source: 'CHECKSUM_MISMATCH', destination: 'CHECKSUM_MISMATCH' },
  throttled: { source: 'SOURCE_THROTTLED', destination: 'DESTINATION_THROTTLED' },
  unavailable: { source: 'SOURCE_UNAVAILABLE', destination: 'DESTINATION_UNAVAILABLE' },
  timeout: { source: 'SOURCE_UNAVAILABLE', destination: 'DESTINATION_UNAVAILABLE' },
  connection: { source: 'SOURCE_UNAVAILABLE', destination: 'DESTINATION_UNAVAILABLE' },
};

/** Backend codes that say more than their kind. */
const TOO_LARGE: ReadonlySet<string> = new Set(['EntityTooLarge', 'ObjectTooLarge']);

export const reasonOf = (side: Side, failure: StoreError): FailureReason =>
  failure.kind === 'invalid' && TOO_LARGE.has(failure.backendCode ?? '')
    ? 'OBJECT_TOO_LARGE'
    : BY_KIND[failure.kind][side];

/** Kinds that concern the bucket or the credentials, so that no object of the task can do better. */
export const KEEPS_FROM_STARTING: ReadonlySet<StoreErrorKind> = new Set([
  'no-such-bucket',
  'bad-credentials',
  'denied',
]);

const MAX_CAUSE_LENGTH = 300;

/** One bounded line for lists and events. Queries of URLs go: that is where signatures and tokens are. */
export const causeLine = (text: string): string =>
  text
    .slice(0, 4 * MAX_CAUSE_LENGTH)
    .replace(/\?[^\s'"<>]*=[^\s'"<>]*/g, '')
    .replace(/:\/\/[^\s/@]*@/g, '://')
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim()
    .slice(0, MAX_CAUSE_LENGTH);
