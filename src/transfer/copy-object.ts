import { hash } from 'node:crypto';
import {
  type DestinationStore,
  type MultipartUploads,
  type ObjectInfo,
  type OpenedObject,
  type PutResult,
  StoreError,
} from '../object-store/object-store.port.js';
import { retrying } from '../object-store/retrying.js';
import { copyInParts, copyInPartsServerSide, isMismatch, relayFailure } from './copy-in-parts.js';
import { Crc64 } from './crc64.js';
import { carriesTags, putOptionsFor } from './put-options.js';
import { collect, RelayBody, type Sent } from './relay-body.js';
import { at, blame, isChanged, repeatableFailure, SideError } from './side-error.js';
import { checkUnchanged, discard, headSource, openSource, replacedMeanwhile } from './source-object.js';
import type { Copied, CopyJob } from './transfer-options.js';
import { checkRead, digestsFor, prove } from './verify.js';

/** How often a copy begins anew because the source object changed under it. */
const MAX_RESTARTS = 3;
const CLEANUP_MS = 10_000;

/**
 * Copies one object and proves the copy. `known` is the version of the source that was decided on, if one was looked at;
 * should it be another by now, the newest is copied. Fails with a `SideError`, and then nothing partial or wrong is visible.
 *
 * Retries: single calls are tried again below this layer, by `with-retry`. What cannot be repeated there, a body that
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

async function copyOnce(job: CopyJob, known?: ObjectInfo): Promise<Copied> {
  const { copyFrom } = job.destination;
  job.progress.version = known;
  if (copyFrom !== undefined && job.source.endpointIdentity === job.destination.endpointIdentity) {
    return copyServerSide(job, copyFrom, known ?? (await headSource(job)));
  }
  if (known !== undefined) {
    const uploads = partsFor(job, known);
    if (uploads !== undefined) return copyInParts(job, uploads, known);
  }
  // The answer to a plain read tells all that a head would, which saves that request for every new object.
  const opened = await openSource(job, known);
  job.progress.size = opened.info.size;
  job.progress.version = opened.info;
  try {
    const uploads = known === undefined ? partsFor(job, opened.info) : undefined;
    if (uploads === undefined) return await copyWhole(job, opened);
    discard(opened);
    return await copyInParts(job, uploads, opened.info);
  } finally {
    discard(opened);
  }
}

/** Buffered when it is small and memory is left, else relayed as it comes. */
async function copyWhole(job: CopyJob, opened: OpenedObject): Promise<Copied> {
  const { limits, buffers } = job.options;
  const { size } = opened.info;
  const release = size <= limits.bufferBytes ? buffers.take(size) : undefined;
  if (release === undefined) return copyStreamed(job, opened);
  try {
    return await copyBuffered(job, opened);
  } finally {
    release();
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

const tooLarge = (size: number): SideError =>
  new SideError(
    'destination',
    new StoreError('invalid', `The destination takes no object of ${size} bytes`, { backendCode: 'EntityTooLarge' }),
  );

/** Small enough for memory: read and checked whole before anything is sent. */
async function copyBuffered(job: CopyJob, { info, body }: OpenedObject): Promise<Copied> {
  const content = await collect(body, info.size).catch((error: unknown) => {
    throw blame('source', error, true);
  });
  const digests = digestsFor(job, info);
  const md5 = hash('md5', content);
  const sent: Sent = {
    size: content.length,
    md5,
    ...(digests.crc64 && { crc64: new Crc64().update(content).digest() }),
  };
  checkRead(info, sent);
  await checkUnchanged(job, info);
  const options = await putOptionsFor(job, info);
  const result = await at(job, 'destination', () =>
    job.destination.put(job.key, content, { ...options, md5 }, job.signal),
  );
  return provenCopy(job, info, sent, result);
}

/** Too large for memory, too small for parts. */
async function copyStreamed(job: CopyJob, first: OpenedObject): Promise<Copied> {
  let opened = first;
  const { info } = first;
  if (carriesTags(job, info)) discard(first);
  const options = await putOptionsFor(job, info);
  if (carriesTags(job, info)) opened = await openSource(job, info);
  const body = new RelayBody(opened.body, info.size, digestsFor(job, info));
  const md5 = info.md5 === undefined ? {} : { md5: info.md5 };
  const result = await job.destination
    .put(job.key, body, { ...options, ...md5 }, job.signal)
    .catch((error: unknown) => {
      discard({ info, body });
      throw relayFailure(body, error);
    });
  return provenCopy(job, info, body.sent(), result, () => checkUnchanged(job, info));
}

/** The object is visible now. What turns out to be wrong is overwritten by the next try, or removed after the last. */
async function provenCopy(
  job: CopyJob,
  info: ObjectInfo,
  sent: Sent,
  result: PutResult,
  checkSource: () => Promise<void> = () => Promise.resolve(),
): Promise<Copied> {
  job.progress.wrote = true;
  try {
    checkRead(info, sent);
    await checkSource();
    const proof = await prove(job, info, sent, result);
    job.progress.wrongVisible = false;
    return { size: sent.size, proof };
  } catch (error) {
    job.progress.wrongVisible = isMismatch(error) || isChanged(error);
    throw error;
  }
}

/** One endpoint, one credential: the bytes never come here. */
async function copyServerSide(
  job: CopyJob,
  copyFrom: NonNullable<DestinationStore['copyFrom']>,
  info: ObjectInfo,
): Promise<Copied> {
  const { source, destination, key, signal, progress } = job;
  progress.size = info.size;
  progress.version = info;
  const { multipart } = destination;
  let result: PutResult;
  if (info.size <= destination.traits.maxPutBytes) {
    const options = await putOptionsFor(job, info);
    const from = { bucket: source.bucket, key, ...(info.etag !== undefined && { ifMatch: info.etag }) };
    result = await at(job, 'destination', () => copyFrom.call(destination, key, from, options, signal));
  } else {
    if (multipart?.copyPart === undefined) throw tooLarge(info.size);
    result = await copyInPartsServerSide(job, multipart, multipart.copyPart, info);
  }
  const vouched = { size: info.size, ...(info.md5 && { md5: info.md5 }), ...(info.crc64 && { crc64: info.crc64 }) };
  return provenCopy(job, info, vouched, result);
}

/** Removes a copy that was found wrong after it had become visible; its own signal, since the job's may be over. */
async function removeWrong({ destination, key, progress }: CopyJob): Promise<void> {
  if (!progress.wrongVisible) return;
  await destination.delete(key, AbortSignal.timeout(CLEANUP_MS)).catch((cause: unknown) => {
    const message = 'The copy is wrong and could not be removed';
    throw new SideError('destination', new StoreError('checksum', message, { backendCode: 'WrongCopyLeft', cause }));
  });
  progress.wrongVisible = false;
}
