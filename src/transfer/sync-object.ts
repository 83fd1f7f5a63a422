import {
  type DestinationStore,
  type ObjectInfo,
  type SourceStore,
  StoreError,
} from '../object-store/object-store.port.js';
import { compare } from './compare.js';
import type { CopyJob } from './copy-job.js';
import { copyObject } from './copy-object.js';
import { type NamedObject, runObject } from './run-object.js';
import { at, blame } from './side-error.js';
import { headSource, sawSize } from './source-object.js';
import type { Copied, SyncObjectOptions } from './transfer-options.js';
import type { TransferOutcome } from './transfer-outcome.js';

export type { TransferFailure, TransferOutcome } from './transfer-outcome.js';

/** What one object of a migration may take until it comes forward again. */
const PROGRESS_BYTES = 1024 * 1024;

export interface ObjectToSync extends NamedObject {
  /** An object modified at or before this is ignored; none or 0: none. */
  readonly migrateSinceMs?: number;
}

/**
 * Makes the destination's object of this key equal to the source's, if it is not yet. Every failure is an outcome; it
 * rejects only when `signal` aborts, with the reason of the signal, after cleaning up. Ends within `objectTimeoutMs` (and
 * a short grace for cleaning up) whatever the stores do.
 */
export const syncObject = (
  source: SourceStore,
  destination: DestinationStore,
  key: string,
  options: SyncObjectOptions,
  signal: AbortSignal,
): Promise<TransferOutcome> => runObject(source, destination, { key, targetKey: key }, options, signal, sync);

/**
 * As `syncObject`, for an object that may have another name at the destination. Its time begins anew as it comes forward,
 * since an object of a migration may be of any size.
 */
export const syncNamed = (
  source: SourceStore,
  destination: DestinationStore,
  object: ObjectToSync,
  options: SyncObjectOptions,
  signal: AbortSignal,
): Promise<TransferOutcome> => {
  const { migrateSinceMs = 0 } = object;
  const work = migrateSinceMs > 0 ? (job: CopyJob) => syncSince(job, migrateSinceMs) : sync;
  return runObject(source, destination, object, options, signal, work, progressBytes(options));
};

/** Copies an object without looking at the destination, which was listed already. Promises and outcomes as of `syncNamed`. */
export const copyListed = (
  source: SourceStore,
  destination: DestinationStore,
  object: NamedObject,
  options: SyncObjectOptions,
  signal: AbortSignal,
): Promise<TransferOutcome> =>
  runObject(source, destination, object, options, signal, copyOfListed, progressBytes(options));

const progressBytes = ({ limits }: SyncObjectOptions): number => limits.progressBytes ?? PROGRESS_BYTES;

/** What goes up in parts is looked at first: a read of the whole that is given up would cost its connection. */
function copyOfListed(job: CopyJob): Promise<TransferOutcome> {
  const { listed } = job;
  if (listed === undefined) return copied(job);
  sawSize(job, listed);
  const inParts = listed.size >= job.options.limits.multipartThresholdBytes;
  return inParts ? headSource(job).then((known) => copied(job, known)) : copied(job);
}

/** The source's time decides first; then nothing that is left alone costs a look at the destination. */
async function syncSince(job: CopyJob, sinceMs: number): Promise<TransferOutcome> {
  const current = await look(job);
  if (current.lastModifiedMs <= sinceMs)
    return { outcome: 'ignored', size: current.size, reason: 'NOT_MODIFIED_SINCE' };
  return sync(job, current);
}

/** Destination first: what is missing there is read at once, and only what exists is compared. */
async function sync(job: CopyJob, seen?: ObjectInfo): Promise<TransferOutcome> {
  const { overwriteMode = 'SIZE_LAST_MODIFIED_COMPARISON_OVERWRITE' } = job.options;
  const existing = overwriteMode === 'FULL_OVERWRITE' ? undefined : await headDestination(job);
  if (existing === undefined) return copied(job, await readable(job, seen));
  if (overwriteMode === 'NO_OVERWRITE') return { outcome: 'ignored', size: existing.size, reason: 'ALREADY_EXISTS' };
  const current = seen ?? (await look(job));
  const decision = compare(overwriteMode, current, existing);
  if (!decision.copy) return { outcome: 'ignored', size: current.size, reason: decision.reason };
  return copied(job, await readable(job, current));
}

const copied = (job: CopyJob, known?: ObjectInfo): Promise<TransferOutcome> => copyObject(job, known).then(synced);

const synced = ({ size, proof }: Copied): TransferOutcome => ({ outcome: 'synced', size, proof });

async function look(job: CopyJob): Promise<ObjectInfo> {
  const current = await at(job, 'source', () => job.source.head(job.key, job.signal));
  sawSize(job, current);
  return current;
}

/** An archived object is restored first. */
const readable = (job: CopyJob, seen: ObjectInfo | undefined): ObjectInfo | undefined | Promise<ObjectInfo> =>
  seen?.archive === undefined ? seen : headSource(job);

async function headDestination(job: CopyJob): Promise<ObjectInfo | undefined> {
  job.progress.side = 'destination';
  try {
    return await job.destination.head(job.targetKey, job.signal);
  } catch (error) {
    // The usual answer for a new object, so no error of our own is made of it first.
    if (error instanceof StoreError && error.kind === 'not-found') return undefined;
    throw blame('destination', error);
  }
}
