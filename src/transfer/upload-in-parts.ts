import {
  type ListedPart,
  type MultipartUploads,
  type ObjectInfo,
  type PutResult,
  StoreError,
  type UploadedPart,
} from '../object-store/object-store.port.js';
import type { CopyJob } from './copy-job.js';
import { inParallel } from './in-parallel.js';
import { bytesOf, type Part, partBytesFor, planParts } from './part-plan.js';
import { putOptionsFor } from './put-options.js';
import type { Sent } from './relay-body.js';
import { at, SideError } from './side-error.js';
import { checkUnchanged } from './source-object.js';
import type { ResumableUpload } from './transfer-options.js';

/** How long freeing the parts of an upload that failed may take. */
const CLEANUP_MS = 10_000;
const NO_SUCH_UPLOAD = 'NoSuchUpload';

export interface SentPart {
  readonly uploaded: UploadedPart;
  /** Absent for a part that did not come through here: one that was up already, or that the destination copied itself. */
  readonly sent?: Sent;
}

export interface Uploaded {
  readonly result: PutResult;
  /** In the order of their numbers. */
  readonly parts: readonly SentPart[];
}

interface OpenUpload {
  readonly uploadId: string;
  readonly isNew: boolean;
  /** Parts that an earlier run brought up, by number. */
  readonly done: ReadonlyMap<number, UploadedPart>;
}

/**
 * Begins an upload, or goes on with the recorded one of this very version; sends all parts that are missing, and completes.
 * When anything fails the upload is aborted, but kept when the caller only stops and somebody remembers it.
 */
export async function uploadInParts(
  job: CopyJob,
  uploads: MultipartUploads,
  info: ObjectInfo,
  send: (uploadId: string, part: Part, signal: AbortSignal) => Promise<SentPart>,
): Promise<Uploaded> {
  const { targetKey, signal, options, progress } = job;
  const partBytes = partBytesFor(info.size, options.limits.partBytes, uploads);
  const plan = planParts(info.size, partBytes);
  const { uploadId, isNew, done } = (await recorded(job, uploads, info, plan)) ?? (await begin(job, uploads, info));
  let isRecorded = !isNew;
  try {
    progress.wrote = true;
    if (isNew) isRecorded = await remember(job, { uploadId, partBytes }, info);
    const missing = plan.filter(({ partNumber }) => !done.has(partNumber));
    const sent = await inParallel(missing, options.limits.partConcurrency, signal, async (part, partSignal) => {
      const result = await send(uploadId, part, partSignal);
      progress.advanced(bytesOf(part));
      return result;
    });
    // Nothing is visible yet, so a source without ETags is checked before rather than after.
    await checkUnchanged(job, info);
    const parts = [...[...done.values()].map((uploaded) => ({ uploaded })), ...sent].sort(
      (a, b) => a.uploaded.partNumber - b.uploaded.partNumber,
    );
    const chosen = parts.map(({ uploaded }) => uploaded);
    return { result: await at(job, 'destination', () => uploads.complete(targetKey, uploadId, chosen, signal)), parts };
  } catch (error) {
    if (!(isRecorded && job.stop.aborted)) await abandon(job, uploads, uploadId);
    if (!isNew && isRefused(error)) throw new SideError('destination', cannotGoOn(error.failure), true);
    throw lostUpload(error) ? new SideError('destination', error.failure, true) : error;
  }
}

/** An upload that vanished (aborted by someone, or completed by an answer that was lost) can only be begun anew. */
export const lostUpload = (error: unknown): error is SideError =>
  error instanceof SideError && error.failure.backendCode === NO_SUCH_UPLOAD;

/** Frees the parts. What led here is what is reported; an upload that cannot be aborted is left to the bucket's own rules. */
export async function abandon(job: CopyJob, uploads: MultipartUploads, uploadId: string): Promise<void> {
  (job.progress.lostUploads ??= new Set()).add(uploadId);
  await uploads.abort(job.targetKey, uploadId, AbortSignal.timeout(CLEANUP_MS)).catch(() => undefined);
}

/** What an earlier run left may be refused, such as parts that the destination lists by other ETags than it wants back. */
const isRefused = (error: unknown): error is SideError =>
  error instanceof SideError && error.side === 'destination' && error.failure.kind === 'invalid';

const cannotGoOn = (cause: StoreError): StoreError =>
  new StoreError('not-found', 'The upload cannot be gone on with', { backendCode: NO_SUCH_UPLOAD, cause });

async function begin(job: CopyJob, uploads: MultipartUploads, info: ObjectInfo): Promise<OpenUpload> {
  const options = await putOptionsFor(job, info);
  const uploadId = await at(job, 'destination', () => uploads.create(job.targetKey, options, job.signal));
  return { uploadId, isNew: true, done: new Map() };
}

/** False where nobody remembers. Only what has an ETag can be recognized later as the very same. */
async function remember(
  { targetKey, options }: CopyJob,
  { uploadId, partBytes }: Pick<ResumableUpload, 'uploadId' | 'partBytes'>,
  { etag, size }: ObjectInfo,
): Promise<boolean> {
  if (etag === undefined || options.uploads === undefined) return false;
  await options.uploads.began({ key: targetKey, uploadId, sourceEtag: etag, size, partBytes });
  return true;
}

/** The recorded upload of this version with the parts that are up; undefined when there is none, or none that still fits. */
async function recorded(
  job: CopyJob,
  uploads: MultipartUploads,
  info: ObjectInfo,
  plan: readonly Part[],
): Promise<OpenUpload | undefined> {
  const { targetKey, options, progress, signal } = job;
  const found = options.uploads?.find(targetKey, info);
  if (found === undefined || progress.lostUploads?.has(found.uploadId) === true) return undefined;
  const { uploadId } = found;
  const fits =
    found.sourceEtag === info.etag &&
    found.size === info.size &&
    found.partBytes === partBytesFor(info.size, options.limits.partBytes, uploads);
  if (!fits) {
    await abandon(job, uploads, uploadId);
    return undefined;
  }
  try {
    const listed = await at(job, 'destination', () => uploads.listParts(targetKey, uploadId, signal));
    return { uploadId, isNew: false, done: finished(plan, listed) };
  } catch (error) {
    if (!lostUpload(error)) throw error;
    (progress.lostUploads ??= new Set()).add(uploadId);
    return undefined;
  }
}

/** The parts that are up whole. One of another size is sent again, which replaces it. */
function finished(plan: readonly Part[], listed: readonly ListedPart[]): ReadonlyMap<number, UploadedPart> {
  const sizes = new Map(plan.map((part) => [part.partNumber, bytesOf(part)]));
  const whole = listed.filter(({ partNumber, size }) => sizes.get(partNumber) === size);
  return new Map(whole.map(({ partNumber, etag }) => [partNumber, { partNumber, etag }]));
}
