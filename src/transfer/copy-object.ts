import {
  type MultipartUploads,
  type ObjectInfo,
  type OpenedObject,
  StoreError,
  UNKNOWN_SIZE,
} from '../object-store/object-store.port.js';
import { discard } from '../object-store/opened-object.js';
import { retrying } from '../object-store/retrying.js';
import { copyInOneRead } from './copy-in-one-read.js';
import { copyInParts } from './copy-in-parts.js';
import type { CopyJob } from './copy-job.js';
import { copyServerSide } from './copy-server-side.js';
import { copyWhole } from './copy-whole.js';
import { hasNoRanges, isChanged, repeatableFailure, SideError, tooLarge } from './side-error.js';
import { headSource, type HeldMemory, openSource, replacedMeanwhile, sawSize } from './source-object.js';
import type { Copied } from './transfer-options.js';

/** How often a copy begins anew because the source object changed under it. */
const MAX_RESTARTS = 3;
const CLEANUP_MS = 10_000;

/**
 * Copies one object and proves the copy. `known` is the version of the source that was decided on, if one was looked at;
 * should it be another by now, the newest is copied. Fails with a `SideError`, and then nothing partial or wrong is visible.
 *
 * Retries: single calls are tried again below this layer, by the guards of the store. What cannot be repeated there, a body that
 * breaks and an upload that streams, is repeated here, with the source opened again.
 */
export async function copyObject(job: CopyJob, known?: ObjectInfo): Promise<Copied> {
  let version = known;
  for (let restarts = 0; ; restarts++) {
    const beganMs = (job.options.now ?? Date.now)();
    try {
      const copy = (): Promise<Copied> => copyOnce(job, version);
      const copied = await retrying(job.options.limits, job.signal, copy, repeatableFailure, job.options.pacing);
      // What is replaced again and again is copied as it was at some moment; its next event takes it from there.
      if (restarts === MAX_RESTARTS || !(await replacedMeanwhile(job, beganMs))) return copied;
      version = undefined;
    } catch (error) {
      if (!isChanged(error) || restarts === MAX_RESTARTS) {
        await removeWrong(job);
        throw error;
      }
      version = undefined;
    }
  }
}

function copyOnce(job: CopyJob, known?: ObjectInfo): Promise<Copied> {
  const { source, destination, progress } = job;
  progress.version = known;
  const { copyFrom } = destination;
  if (copyFrom !== undefined && source.endpointIdentity === destination.endpointIdentity) {
    if (known !== undefined) return copyServerSide(job, copyFrom, known);
    return headSource(job).then((info) => copyServerSide(job, copyFrom, info));
  }
  if (known !== undefined) {
    const uploads = partsFor(job, known);
    if (uploads !== undefined && !progress.hasNoRanges) return copyByRanges(job, uploads, known);
  }
  return copyRead(job, known, holdFor(job, known?.size ?? job.listed?.size));
}

async function copyRead(job: CopyJob, known: ObjectInfo | undefined, held: HeldMemory | undefined): Promise<Copied> {
  let opened: OpenedObject | undefined;
  try {
    // The answer to a plain read tells all that a head would, which saves that request for every new object.
    opened = await openSource(job, known, undefined, held);
    // Another object than expected, or a stream all the same: who reads it finds room of its own, and holds none until then.
    if (opened.content?.length !== opened.info.size) held?.release();
    job.progress.version = opened.info;
    sawSize(job, opened.info);
    return await copyOpened(job, opened);
  } finally {
    if (opened !== undefined) discard(opened);
    held?.release();
  }
}

/** Of an object of an expected size, when it is one that is held whole and put in one request. */
function holdFor({ destination, options }: CopyJob, bytes = UNKNOWN_SIZE): HeldMemory | undefined {
  const { bufferBytes, multipartThresholdBytes } = options.limits;
  if (bytes === UNKNOWN_SIZE || bytes > Math.min(bufferBytes, destination.traits.maxPutBytes)) return undefined;
  if (destination.multipart !== undefined && bytes >= multipartThresholdBytes) return undefined;
  const release = options.buffers.take(bytes);
  return release && { bytes, release };
}

function copyOpened(job: CopyJob, opened: OpenedObject): Promise<Copied> {
  if (opened.info.size === UNKNOWN_SIZE) return copyInOneRead(job, opened);
  const uploads = partsFor(job, opened.info);
  if (uploads === undefined) return copyWhole(job, opened);
  if (job.progress.hasNoRanges) return copyInOneRead(job, opened);
  discard(opened);
  return copyByRanges(job, uploads, opened.info);
}

/** In parallel parts; or, where the source turns out to have no ranges, one part after the other of a single read. */
async function copyByRanges(job: CopyJob, uploads: MultipartUploads, info: ObjectInfo): Promise<Copied> {
  try {
    return await copyInParts(job, uploads, info);
  } catch (error) {
    if (!hasNoRanges(error)) throw error;
    job.progress.hasNoRanges = true;
  }
  const opened = await openSource(job, info);
  try {
    return await copyInOneRead(job, opened);
  } finally {
    discard(opened);
  }
}

/** The way to send an object in parts, when it is to go that way; refuses what the destination cannot take at all. */
function partsFor({ destination, options }: CopyJob, { size }: ObjectInfo): MultipartUploads | undefined {
  const { multipart, traits } = destination;
  if (multipart === undefined && size > traits.maxPutBytes) throw tooLarge(size);
  if (multipart === undefined) return undefined;
  if (size > multipart.maxParts * multipart.maxPartBytes) throw tooLarge(size);
  return size > traits.maxPutBytes || size >= options.limits.multipartThresholdBytes ? multipart : undefined;
}

/** Removes a copy that was found wrong after it had become visible; its own signal, since the job's may be over. */
async function removeWrong({ destination, targetKey, progress }: CopyJob): Promise<void> {
  if (!progress.wrongVisible) return;
  await destination.delete(targetKey, AbortSignal.timeout(CLEANUP_MS)).catch((cause: unknown) => {
    const message = 'The copy is wrong and could not be removed';
    throw new SideError('destination', new StoreError('checksum', message, { backendCode: 'WrongCopyLeft', cause }));
  });
  progress.wrongVisible = false;
}
