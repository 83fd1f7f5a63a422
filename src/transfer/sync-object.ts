import { Deadline } from '../object-store/deadline.js';
import {
  type DestinationStore,
  type ObjectInfo,
  type SourceStore,
  StoreError,
} from '../object-store/object-store.port.js';
import { compare, type IgnoreReason } from './compare.js';
import { copyObject } from './copy-object.js';
import { causeLine, type FailureReason, KEEPS_FROM_STARTING, reasonOf, type Side } from './failure-reasons.js';
import { at, blame, SideError } from './side-error.js';
import { headSource } from './source-object.js';
import type { CopyJob, CopyProgress, Proof, SyncObjectOptions } from './transfer-options.js';

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

/** After its deadline an object has this long to clean up before it is given up all the same. */
const GRACE_MS = 12_000;

/**
 * Makes the destination's object of this key equal to the source's, if it is not yet. Every failure is an outcome; it
 * rejects only when `signal` aborts, with the reason of the signal, after cleaning up. Ends within `objectTimeoutMs` (and
 * a short grace for cleaning up) whatever the stores do.
 */
export async function syncObject(
  source: SourceStore,
  destination: DestinationStore,
  key: string,
  options: SyncObjectOptions,
  signal: AbortSignal,
): Promise<TransferOutcome> {
  signal.throwIfAborted();
  const deadline = new Deadline(signal, options.limits.objectTimeoutMs);
  const progress: CopyProgress = {
    side: 'destination',
    size: undefined,
    version: undefined,
    wrote: false,
    wrongVisible: false,
  };
  const job: CopyJob = { source, destination, key, options, signal: deadline.signal, progress };
  try {
    return await endsInTime(syncOnce(job), deadline.signal);
  } catch (error) {
    signal.throwIfAborted();
    return failed(job, error, deadline.expired);
  } finally {
    deadline.close();
  }
}

/** Destination first: what is missing there is read at once, and only what exists is compared. */
async function syncOnce(job: CopyJob): Promise<TransferOutcome> {
  const { overwriteMode = 'SIZE_LAST_MODIFIED_COMPARISON_OVERWRITE' } = job.options;
  const existing = overwriteMode === 'FULL_OVERWRITE' ? undefined : await headDestination(job);
  if (existing === undefined) return { outcome: 'synced', ...(await copyObject(job)) };
  if (overwriteMode === 'NO_OVERWRITE') return { outcome: 'ignored', size: existing.size, reason: 'ALREADY_EXISTS' };
  const current = await at(job, 'source', () => job.source.head(job.key, job.signal));
  job.progress.size = current.size;
  const decision = compare(overwriteMode, current, existing);
  if (!decision.copy) return { outcome: 'ignored', size: current.size, reason: decision.reason };
  return {
    outcome: 'synced',
    ...(await copyObject(job, current.archive === undefined ? current : await headSource(job))),
  };
}

async function headDestination(job: CopyJob): Promise<ObjectInfo | undefined> {
  job.progress.side = 'destination';
  try {
    return await job.destination.head(job.key, job.signal);
  } catch (error) {
    // The usual answer for a new object, so no error of our own is made of it first.
    if (error instanceof StoreError && error.kind === 'not-found') return undefined;
    throw blame('destination', error);
  }
}

/** Waits for work that is bound to end when the signal aborts, but no longer than the grace for that. */
function endsInTime<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    let grace: NodeJS.Timeout | undefined;
    const abort = (): void => {
      grace = setTimeout(() => reject(new Error('The object did not end when it was told to')), GRACE_MS);
    };
    const end = (): void => {
      clearTimeout(grace);
      signal.removeEventListener('abort', abort);
    };
    signal.addEventListener('abort', abort, { once: true });
    work.finally(end).then(resolve, reject);
  });
}

function failed(job: CopyJob, error: unknown, expired: boolean): TransferFailure {
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
