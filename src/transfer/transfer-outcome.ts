import type { IgnoreReason } from './compare.js';
import type { CopyJob } from './copy-job.js';
import { causeLine, type FailureReason, KEEPS_FROM_STARTING, reasonOf, type Side } from './failure-reasons.js';
import { SideError } from './side-error.js';
import type { Proof } from './transfer-options.js';

export interface TransferFailure {
  readonly outcome: 'failed';
  readonly reason: FailureReason;
  /** The store's own error code, such as `NoSuchKey`; ours where there is none. */
  readonly code: string;
  /** One line for people, without secrets. */
  readonly cause: string;
  readonly side: Side;
  readonly size?: number;
  /** The bucket or the credentials are at fault, and nothing of the object was written. */
  readonly notStarted?: true;
}

/** How one object ended. */
export type TransferOutcome =
  | { readonly outcome: 'synced'; readonly size: number; readonly proof: Proof }
  | { readonly outcome: 'ignored'; readonly size: number; readonly reason: IgnoreReason }
  | TransferFailure;

/** What an object failed with, as everybody may read it. */
export function failed(job: CopyJob, error: unknown, expired: boolean): TransferFailure {
  const { side, size, wrote } = job.progress;
  const known = size === undefined ? {} : { size };
  if (expired) {
    const cause = `Not done within ${job.options.limits.objectTimeoutMs} ms`;
    return { outcome: 'failed', reason: 'OBJECT_TIMEOUT', code: 'ObjectTimeout', cause, side, ...known };
  }
  if (!(error instanceof SideError)) {
    job.options.onBug?.(error);
    const cause = 'Internal error; see the log of the service';
    return { outcome: 'failed', reason: 'INTERNAL_ERROR', code: 'InternalError', cause, side, ...known };
  }
  const { failure } = error;
  const reason = reasonOf(error.side, failure);
  return {
    outcome: 'failed',
    reason,
    code: failure.backendCode ?? reason,
    cause: causeLine(failure.message),
    side: error.side,
    ...known,
    ...(KEEPS_FROM_STARTING.has(failure.kind) && !wrote && { notStarted: true }),
  };
}

export const MAX_KEY_BYTES = 1024;

/** The failure of a name that the destination takes in no way; undefined when it is short enough. */
export const nameTooLong = (targetKey: string): TransferFailure | undefined =>
  targetKey.length * 3 <= MAX_KEY_BYTES || Buffer.byteLength(targetKey) <= MAX_KEY_BYTES
    ? undefined
    : {
        outcome: 'failed',
        reason: 'TARGET_NAME_TOO_LONG',
        code: 'KeyTooLongError',
        cause: `The name at the destination has more than ${MAX_KEY_BYTES} bytes`,
        side: 'destination',
      };
