import { RANGE_NOT_SUPPORTED, StoreError } from '../object-store/object-store.port.js';
import type { CopyJob } from './copy-job.js';
import type { Side } from './failure-reasons.js';

/** A store's failure, and which of the two stores it was. */
export class SideError extends Error {
  override readonly name = 'SideError';

  constructor(
    readonly side: Side,
    readonly failure: StoreError,
    /** True for what only the transfer can try again: a body that broke, or a streamed upload. Calls retry below us. */
    readonly repeatable = false,
  ) {
    super(failure.message, { cause: failure });
  }
}

/** Names the side of a store's failure; anything else passes as it is. */
export const blame = (side: Side, error: unknown, repeatable = false): unknown =>
  error instanceof StoreError ? new SideError(side, error, repeatable) : error;

/** Calls one of the two stores. */
export async function at<T>(job: Pick<CopyJob, 'progress'>, side: Side, call: () => Promise<T>): Promise<T> {
  job.progress.side = side;
  try {
    return await call();
  } catch (error) {
    throw blame(side, error);
  }
}

/** For what the destination can take in no way. */
export const tooLarge = (size: number | string): SideError =>
  new SideError(
    'destination',
    new StoreError('invalid', `The destination takes no object of ${size} bytes`, { backendCode: 'EntityTooLarge' }),
  );

/** The failure when trying again is up to the transfer and worth it. */
export const repeatableFailure = (error: unknown): StoreError | undefined =>
  error instanceof SideError &&
  error.repeatable &&
  (error.failure.retriable || error.failure.backendCode === 'NoSuchUpload')
    ? error.failure
    : undefined;

/** The source gives whole objects only, as some web servers do. */
export const hasNoRanges = (error: unknown): boolean =>
  error instanceof SideError && error.side === 'source' && error.failure.backendCode === RANGE_NOT_SUPPORTED;

export const isChanged = (error: unknown): boolean => error instanceof SideError && error.failure.kind === 'changed';
