/** Few kinds; retry policy and failure codes read these, never messages. */
export type StoreErrorKind =
  | 'not-found' // no such object
  | 'no-such-bucket'
  | 'denied' // known credentials, not allowed
  | 'bad-credentials' // unknown key, wrong signature, expired token
  | 'archived' // must be restored before it can be read
  | 'changed' // a precondition failed: not the object it was
  | 'invalid' // the request can never succeed: key too long, entity too large, bad name
  | 'checksum' // what arrived is not what was sent
  | 'throttled' // slow down
  | 'unavailable' // 5xx
  | 'timeout' // no answer within the deadline
  | 'connection'; // refused, reset, cut short

/** Kinds worth another try. */
export const RETRIABLE: ReadonlySet<StoreErrorKind> = new Set([
  'throttled',
  'unavailable',
  'timeout',
  'connection',
  'checksum',
]);

/** A failure of a backend. The SDK's or system's own error stays as `cause`; nothing in here holds a secret. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  /** The backend's own code, such as `NoSuchKey`, or the system's, such as `ECONNRESET`; for lists and logs. */
  readonly backendCode: string | undefined;
  readonly httpStatus: number | undefined;
  /** What the backend asked for in Retry-After. */
  readonly retryAfterMs: number | undefined;

  constructor(
    readonly kind: StoreErrorKind,
    message: string,
    details: {
      readonly backendCode?: string | undefined;
      readonly httpStatus?: number | undefined;
      readonly retryAfterMs?: number | undefined;
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, { cause: details.cause });
    this.backendCode = details.backendCode;
    this.httpStatus = details.httpStatus;
    this.retryAfterMs = details.retryAfterMs;
  }

  get retriable(): boolean {
    return RETRIABLE.has(this.kind);
  }
}
