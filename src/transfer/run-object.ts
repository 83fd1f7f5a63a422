import { Deadline } from '../object-store/deadline.js';
import type { DestinationStore, ListedObject, SourceStore } from '../object-store/object-store.port.js';
import { type CopyJob, CopyProgress } from './copy-job.js';
import type { SyncObjectOptions } from './transfer-options.js';
import { failed, nameTooLong, type TransferOutcome } from './transfer-outcome.js';

/** After its deadline an object has this long to clean up before it is given up all the same. */
const GRACE_MS = 12_000;

/** Names of one object on both sides. */
export interface NamedObject {
  readonly key: string;
  /** At the destination. */
  readonly targetKey: string;
  /** What a listing said of the source. */
  readonly listed?: ListedObject | undefined;
}

/**
 * Does one object's work: every failure becomes an outcome; rejects only when `signal` aborts, with the reason of the signal,
 * after cleaning up. Ends within `objectTimeoutMs` (and a short grace for cleaning up) whatever the stores do.
 */
export async function runObject(
  source: SourceStore,
  destination: DestinationStore,
  { key, targetKey, listed }: NamedObject,
  options: SyncObjectOptions,
  signal: AbortSignal,
  work: (job: CopyJob) => Promise<TransferOutcome>,
  progressBytes = options.limits.progressBytes ?? Infinity,
): Promise<TransferOutcome> {
  signal.throwIfAborted();
  const refused = nameTooLong(targetKey);
  if (refused !== undefined) return refused;
  const deadline = new Deadline(signal, options.limits.objectTimeoutMs, options.isHeldBack);
  const progress = new CopyProgress(options.onMoved, deadline, progressBytes);
  const job: CopyJob = {
    source,
    destination,
    key,
    targetKey,
    listed,
    options,
    signal: deadline.signal,
    stop: signal,
    progress,
  };
  try {
    return await endsInTime(work(job), deadline);
  } catch (error) {
    signal.throwIfAborted();
    return failed(job, error, deadline.expired);
  } finally {
    deadline.close();
  }
}

/** Waits for work that is bound to end when the deadline's signal aborts, but no longer than the grace for that. */
function endsInTime<T>(work: Promise<T>, deadline: Deadline): Promise<T> {
  return new Promise((resolve, reject) => {
    deadline.whenAborted(() => {
      const giveUp = () => reject(new Error('The object did not end when it was told to'));
      const grace = setTimeout(giveUp, GRACE_MS);
      const ended = () => clearTimeout(grace);
      work.then(ended, ended);
    });
    work.then(resolve, reject);
  });
}
