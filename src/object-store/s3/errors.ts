import { StoreError, type StoreErrorKind } from '../object-store.port.js';
import type { ResponseHeaders } from './response-headers.js';
import { textOf } from './xml.js';

const kinds = (kind: StoreErrorKind, ...codes: readonly string[]): [string, StoreErrorKind][] =>
  codes.map((code) => [code, kind]);

/** S3's error codes and those that compatible services use in their place. */
const KIND_OF_CODE: ReadonlyMap<string, StoreErrorKind> = new Map([
  ...kinds('not-found', 'NoSuchKey', 'NoSuchVersion', 'NoSuchUpload', 'NotFound'),
  ...kinds('no-such-bucket', 'NoSuchBucket'),
  ...kinds('denied', 'AccessDenied', 'AllAccessDisabled', 'AccountProblem', 'NotSignedUp', 'UserSuspended'),
  ...kinds('bad-credentials', 'InvalidAccessKeyId', 'SignatureDoesNotMatch', 'ExpiredToken', 'InvalidToken'),
  ...kinds('bad-credentials', 'RequestTimeTooSkewed', 'TokenRefreshRequired', 'InvalidSecurity', 'RequestExpired'),
  ...kinds('bad-credentials', 'SecurityTokenExpired', 'InvalidSecurityToken', 'AuthFailure', 'InvalidClientTokenId'),
  ...kinds('archived', 'InvalidObjectState'),
  ...kinds('changed', 'PreconditionFailed'),
  ...kinds('invalid', 'KeyTooLong', 'KeyTooLongError', 'EntityTooLarge', 'EntityTooSmall', 'InvalidArgument'),
  ...kinds('invalid', 'InvalidBucketName', 'InvalidRange', 'InvalidURI', 'InvalidStorageClass', 'InvalidTag'),
  ...kinds('invalid', 'AuthorizationHeaderMalformed', 'PermanentRedirect', 'TemporaryRedirect', 'NotImplemented'),
  ...kinds('invalid', 'MetadataTooLarge', 'InvalidPart', 'InvalidPartOrder', 'MalformedXML', 'MethodNotAllowed'),
  ...kinds('checksum', 'BadDigest', 'InvalidDigest', 'XAmzContentSHA256Mismatch'),
  ...kinds('throttled', 'SlowDown', 'SlowDownRead', 'SlowDownWrite', 'TooManyRequests', 'RequestLimitExceeded'),
  ...kinds('throttled', 'Throttling', 'ThrottlingException', 'BandwidthLimitExceeded', 'QpsLimitExceeded'),
  ...kinds('unavailable', 'InternalError', 'ServiceUnavailable', 'OperationAborted', 'ConditionalRequestConflict'),
  ...kinds('timeout', 'RequestTimeout'),
  ...kinds('connection', 'IncompleteBody'),
]);

function kindOfStatus(status: number, retryAfterMs: number | undefined): StoreErrorKind {
  if (status === 503) return retryAfterMs === undefined ? 'unavailable' : 'throttled';
  if (status === 304 || status === 412) return 'changed';
  if (status === 401) return 'bad-credentials';
  if (status === 403) return 'denied';
  if (status === 404) return 'not-found';
  if (status === 408) return 'timeout';
  if (status === 409) return 'unavailable';
  if (status === 429) return 'throttled';
  return status >= 500 ? 'unavailable' : 'invalid';
}

const CODE_OF_BARE_STATUS: Readonly<Record<number, string>> = {
  304: 'NotModified',
  403: 'AccessDenied',
  404: 'NoSuchKey',
  412: 'PreconditionFailed',
  416: 'InvalidRange',
};

/** Retry-After as milliseconds from `nowMs`: seconds, or an HTTP date. Undefined for none or nonsense. */
export function parseRetryAfter(value: string | undefined, nowMs: number): number | undefined {
  if (value === undefined) return undefined;
  if (/^\s*\d{1,9}\s*$/.test(value)) return Number(value) * 1000;
  const at = Date.parse(value);
  return Number.isNaN(at) ? undefined : Math.max(0, at - nowMs);
}

/** What an error answer says, whatever brought it. */
export interface BackendRefusal {
  readonly status: number;
  readonly code: string | undefined;
  readonly retryAfter: string | undefined;
  readonly cause?: unknown;
}

/** The message names code and status only: a backend's own text may repeat an access key or a string to sign. */
export function storeErrorOf(doing: string, refusal: BackendRefusal): StoreError {
  const { status, cause } = refusal;
  const retryAfterMs = parseRetryAfter(refusal.retryAfter, Date.now());
  const kind =
    (refusal.code === undefined ? undefined : KIND_OF_CODE.get(refusal.code)) ?? kindOfStatus(status, retryAfterMs);
  const backendCode = refusal.code ?? CODE_OF_BARE_STATUS[status] ?? `HTTP ${status}`;
  return new StoreError(kind, `${doing}: ${backendCode} (HTTP ${status})`, {
    backendCode,
    httpStatus: status,
    retryAfterMs,
    cause,
  });
}

/** The `Code` of an error document; undefined when the body is none. */
export function errorCodeOf(body: string): string | undefined {
  const start = body.indexOf('<Error');
  const code = start < 0 ? undefined : textOf(body, 'Code', start);
  return code !== undefined && /^[\w.\-: ]{1,100}$/.test(code) ? code : undefined;
}

/** The error that an answer outside 2xx stands for. */
export const fromAnswer = (doing: string, status: number, headers: ResponseHeaders, body: Buffer): StoreError =>
  storeErrorOf(doing, {
    status,
    code: errorCodeOf(body.toString('utf8')) ?? headers.get('x-amz-error-code'),
    retryAfter: headers.get('retry-after'),
  });

const TIMEOUT_CODES: ReadonlySet<string> = new Set([
  'ETIMEDOUT',
  'ESOCKETTIMEDOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
]);
const INVALID_CODES: ReadonlySet<string> = new Set(['UND_ERR_INVALID_ARG', 'UND_ERR_NOT_SUPPORTED']);

/** One name for one trouble, whichever layer noticed it first: lists and alerts are read by programs. */
const stableCode = (code: string): string => {
  if (TIMEOUT_CODES.has(code)) return 'RequestTimeout';
  return code === 'UND_ERR_SOCKET' || code === 'EPIPE' ? 'ECONNRESET' : code;
};

const codeOf = (error: unknown): string | undefined =>
  typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined;

/** What went wrong below HTTP: sockets, DNS, TLS, timeouts. A `StoreError` stays what it is. */
export function fromSystemError(error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  const code = codeOf(error);
  const message = error instanceof Error ? error.message : String(error);
  const details = { backendCode: code === undefined ? undefined : stableCode(code), cause: error };
  if (code === undefined) return new StoreError('connection', `The request failed: ${message}`, details);
  if (TIMEOUT_CODES.has(code)) return new StoreError('timeout', `No answer in time: ${code}`, details);
  if (INVALID_CODES.has(code)) return new StoreError('invalid', `The request cannot be sent: ${message}`, details);
  return new StoreError('connection', `The connection failed: ${code}`, details);
}
