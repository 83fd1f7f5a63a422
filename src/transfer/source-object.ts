import {
  type CopySource,
  type ByteRange,
  type ObjectInfo,
  type OpenedObject,
  type OpenOptions,
  StoreError,
  UNKNOWN_SIZE,
} from '../object-store/object-store.port.js';
import { discard } from '../object-store/opened-object.js';
import { systemPacing } from '../object-store/retrying.js';
import type { CopyJob } from './copy-job.js';
import { at, blame, SideError } from './side-error.js';

const DEFAULT_POLL_MS = 30_000;
const DEFAULT_RESTORE_DAYS = 1;

const changed = (message: string): SideError => new SideError('source', new StoreError('changed', message));

/** True when nothing that the store tells says that the content is another. */
const sameVersion = (a: ObjectInfo, b: ObjectInfo): boolean =>
  (a.size === b.size || a.size === UNKNOWN_SIZE || b.size === UNKNOWN_SIZE) &&
  (a.etag === undefined || b.etag === undefined
    ? Math.floor(a.lastModifiedMs / 1000) === Math.floor(b.lastModifiedMs / 1000)
    : a.etag === b.etag);

/** Where the destination finds the very version by itself. */
export const copySourceOf = ({ source, key }: CopyJob, { etag }: ObjectInfo): CopySource => ({
  bucket: source.bucket,
  key,
  ...(etag !== undefined && { ifMatch: etag }),
  ...(source.requesterPays !== undefined && { requesterPays: source.requesterPays }),
});

/** Keeps the size for the report, when there is one. */
export function sawSize({ progress }: CopyJob, { size }: Pick<ObjectInfo, 'size'>): void {
  if (size !== UNKNOWN_SIZE) progress.size = size;
}

/** Says what the source has, and waits for its restore when it is archived and that is asked for. */
export async function headSource(job: CopyJob): Promise<ObjectInfo> {
  const info = await at(job, 'source', () => job.source.head(job.key, job.signal));
  sawSize(job, info);
  return info.archive === undefined ? info : restored(job);
}

/** Memory for a body, taken before it comes. */
export interface HeldMemory {
  readonly bytes: number;
  readonly release: () => void;
}

/**
 * Opens the source, or a range of it. With `version` it must still be that one, else it fails as changed. An archived
 * object is restored first when that is asked for. What fits into memory that is held for it may come with its content.
 */
export async function openSource(
  job: CopyJob,
  version?: ObjectInfo,
  range?: ByteRange,
  held?: HeldMemory,
): Promise<OpenedObject> {
  const { source, key, signal } = job;
  const options: OpenOptions = { range, ifMatch: version?.etag, collectUpTo: held?.bytes };
  let opened: OpenedObject;
  job.progress.side = 'source';
  try {
    opened = await source.open(key, options, signal);
  } catch (error) {
    if (!(error instanceof StoreError) || error.kind !== 'archived') throw blame('source', error);
    held?.release(); // a restore takes long
    await restored(job);
    opened = await at(job, 'source', () => source.open(key, { ...options, collectUpTo: undefined }, signal));
  }
  if (version === undefined || sameVersion(version, opened.info)) return opened;
  discard(opened);
  throw changed('The source object changed while it was read');
}

/**
 * Single reads of a store with ETags are of one version by themselves. Without ETags only another look at the object
 * tells whether it changed meanwhile.
 */
export async function checkUnchanged(job: CopyJob, read: ObjectInfo): Promise<void> {
  if (read.etag !== undefined) return;
  const now = await at(job, 'source', () => job.source.head(job.key, job.signal));
  if (!sameVersion(read, now)) throw changed('The source object changed while it was read');
}

/**
 * True when the source has another version than the one that was copied. A source replaced during the copy would look older
 * than its copy for ever, since comparing goes by time. Within one second it would not, so there no look is needed.
 */
export function replacedMeanwhile(job: CopyJob, beganMs: number): boolean | Promise<boolean> {
  const { version } = job.progress;
  const endedMs = (job.options.now ?? Date.now)();
  return version !== undefined && Math.floor(beganMs / 1000) !== Math.floor(endedMs / 1000) && isReplaced(job, version);
}

async function isReplaced(job: CopyJob, version: ObjectInfo): Promise<boolean> {
  try {
    return !sameVersion(version, await at(job, 'source', () => job.source.head(job.key, job.signal)));
  } catch (error) {
    // Deletions are not propagated: the copy of what was there stands.
    if (error instanceof SideError && error.failure.kind === 'not-found') return false;
    throw error;
  }
}

async function restored(job: CopyJob): Promise<ObjectInfo> {
  const { source, key, signal, options } = job;
  const { restorePollMs = DEFAULT_POLL_MS, restoreDays = DEFAULT_RESTORE_DAYS, objectTimeoutMs } = options.limits;
  const timeoutMs = options.limits.restoreTimeoutMs ?? objectTimeoutMs / 2;
  const restore = source.restore;
  if (!options.enableRestore || restore === undefined) throw archived('The source object is archived');
  await at(job, 'source', () => restore.call(source, key, restoreDays, signal));
  for (let waitedMs = 0; ; waitedMs += restorePollMs) {
    const info = await at(job, 'source', () => source.head(key, signal));
    if (info.archive === undefined) return info;
    if (waitedMs + restorePollMs > timeoutMs)
      throw archived('The restore of the source object takes longer than allowed');
    await (options.pacing ?? systemPacing).pause(restorePollMs, signal);
  }
}

const archived = (message: string): SideError =>
  new SideError('source', new StoreError('archived', message, { backendCode: 'InvalidObjectState' }));
