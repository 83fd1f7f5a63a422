import { createHash } from 'node:crypto';
import {
  type ByteRange,
  type MultipartUploads,
  type ObjectInfo,
  type PutResult,
  StoreError,
  type UploadedPart,
} from '../object-store/object-store.port.js';
import { retrying } from '../object-store/retrying.js';
import { combineCrc64 } from './crc64.js';
import { inParallel } from './in-parallel.js';
import { putOptionsFor } from './put-options.js';
import { RelayBody, type Sent } from './relay-body.js';
import { at, blame, repeatableFailure, SideError } from './side-error.js';
import { checkUnchanged, discard, openSource } from './source-object.js';
import type { Copied, CopyJob, Proof } from './transfer-options.js';
import { checkRead, digestsFor, lookAt, mismatch, prove } from './verify.js';

const MIB = 1024 * 1024;
/** How long freeing the parts of an upload that failed may take. */
const CLEANUP_MS = 10_000;

export interface Part {
  /** From 1. */
  readonly partNumber: number;
  readonly range: ByteRange;
}

interface SentPart {
  readonly uploaded: UploadedPart;
  readonly sent?: Sent;
}

/** Cuts an object into parts: as large as asked for, larger when there would be too many. */
export function planParts(size: number, partBytes: number, uploads: MultipartUploads): readonly Part[] {
  const fewEnough = Math.ceil(size / uploads.maxParts);
  const grown = fewEnough > partBytes ? Math.ceil(fewEnough / MIB) * MIB : partBytes;
  const step = Math.min(Math.max(grown, uploads.minPartBytes), uploads.maxPartBytes);
  return Array.from({ length: Math.max(1, Math.ceil(size / step)) }, (_, index) => ({
    partNumber: index + 1,
    range: { start: index * step, end: Math.min(size, (index + 1) * step) - 1 },
  }));
}

/** Relays an object in parallel parts. Nothing is visible before all parts are proven; a failed upload is aborted. */
export async function copyInParts(job: CopyJob, uploads: MultipartUploads, info: ObjectInfo): Promise<Copied> {
  const { result, parts } = await upload(job, uploads, info, (uploadId, part, signal) =>
    relayPart({ ...job, signal }, uploads, uploadId, part, info),
  );
  try {
    return { size: info.size, proof: await provePartwise(job, info, parts, result) };
  } catch (error) {
    job.progress.wrongVisible = isMismatch(error);
    throw error;
  }
}

/** Has the destination copy an object in parallel parts by itself. */
export async function copyInPartsServerSide(
  job: CopyJob,
  uploads: MultipartUploads,
  copyPart: NonNullable<MultipartUploads['copyPart']>,
  info: ObjectInfo,
): Promise<PutResult> {
  const ifMatch = info.etag === undefined ? {} : { ifMatch: info.etag };
  const from = { bucket: job.source.bucket, key: job.key, ...ifMatch };
  const { result } = await upload(job, uploads, info, async (uploadId, { partNumber, range }, signal) => ({
    uploaded: await at(job, 'destination', () =>
      copyPart.call(uploads, job.key, uploadId, partNumber, { ...from, range }, signal),
    ),
  }));
  return result;
}

/** Create, send all parts, complete; abort when anything fails. */
async function upload(
  job: CopyJob,
  uploads: MultipartUploads,
  info: ObjectInfo,
  send: (uploadId: string, part: Part, signal: AbortSignal) => Promise<SentPart>,
): Promise<{ result: PutResult; parts: readonly SentPart[] }> {
  const { key, signal, options, progress } = job;
  const plan = planParts(info.size, options.limits.partBytes, uploads);
  const putOptions = await putOptionsFor(job, info);
  const uploadId = await at(job, 'destination', () => uploads.create(key, putOptions, signal));
  try {
    progress.wrote = true;
    const parts = await inParallel(plan, options.limits.partConcurrency, signal, (part, partSignal) =>
      send(uploadId, part, partSignal),
    );
    // Nothing is visible yet, so a source without ETags is checked before rather than after.
    await checkUnchanged(job, info);
    const uploaded = parts.map((part) => part.uploaded);
    return { result: await at(job, 'destination', () => uploads.complete(key, uploadId, uploaded, signal)), parts };
  } catch (error) {
    // The failure that led here is the one to report; an upload that cannot be aborted is left to the bucket's own rules.
    await uploads.abort(key, uploadId, AbortSignal.timeout(CLEANUP_MS)).catch(() => undefined);
    throw lostUpload(error) ? new SideError('destination', error.failure, true) : error;
  }
}

/** An upload that vanished (aborted by someone, or completed by an answer that was lost) can only be begun anew. */
const lostUpload = (error: unknown): error is SideError =>
  error instanceof SideError && error.failure.backendCode === 'NoSuchUpload';

/** One part: its range is opened again for each try. */
const relayPart = (job: CopyJob, uploads: MultipartUploads, uploadId: string, part: Part, info: ObjectInfo) =>
  retrying(
    job.options.limits,
    job.signal,
    () => relayPartOnce(job, uploads, uploadId, part, info),
    (error) => (lostUpload(error) ? undefined : repeatableFailure(error)),
    job.options.pacing,
  ).catch((error: unknown) => {
    // The tries of this part are used up: the object as a whole does not get as many again.
    throw error instanceof SideError ? new SideError(error.side, error.failure) : error;
  });

async function relayPartOnce(
  job: CopyJob,
  uploads: MultipartUploads,
  uploadId: string,
  { partNumber, range }: Part,
  info: ObjectInfo,
): Promise<SentPart> {
  const size = range.end - range.start + 1;
  const opened = await openSource(job, info, range);
  const body = new RelayBody(opened.body, size, digestsFor(job, info));
  try {
    const uploaded = await uploads.uploadPart(job.key, uploadId, partNumber, body, { size }, job.signal);
    const sent = body.sent();
    if (sent.size !== size) throw new StoreError('connection', 'The upload was answered before its body was read');
    if (uploaded.md5 !== undefined && uploaded.md5 !== sent.md5) throw mismatch('destination', 'The MD5 of a part');
    return { uploaded, sent };
  } catch (error) {
    discard({ info, body });
    throw relayFailure(body, error);
  }
}

/** Which side broke a relay: the source when its body failed, whatever the destination made of that. */
export const relayFailure = (body: RelayBody, error: unknown): unknown =>
  body.sourceFailure !== undefined ? blame('source', body.sourceFailure, true) : blame('destination', error, true);

async function provePartwise(
  job: CopyJob,
  info: ObjectInfo,
  parts: readonly SentPart[],
  result: PutResult,
): Promise<Proof> {
  const whole = wholeOf(info, parts);
  checkRead(info, whole);
  if (job.options.consistencyCheck === 'crc64' && whole.crc64 !== undefined) {
    const proof = await prove(job, info, whole, result);
    if (proof === 'crc64') return proof;
  } else if (job.options.consistencyCheck !== 'no_check') await lookAt(job, whole);
  return isEtagOf(parts, result.etag) || parts.every(provenByMd5) ? 'etag' : 'size';
}

const provenByMd5 = ({ uploaded, sent }: SentPart): boolean =>
  sent?.md5 !== undefined && (uploaded.md5 ?? uploaded.etag.toLowerCase()) === sent.md5;

function wholeOf(info: ObjectInfo, parts: readonly SentPart[]): Sent {
  let crc64: string | undefined = '0';
  for (const { sent } of parts) {
    crc64 = crc64 === undefined || sent?.crc64 === undefined ? undefined : combineCrc64(crc64, sent.crc64, sent.size);
  }
  return { size: info.size, ...(crc64 !== undefined && { crc64 }) };
}

/** S3 makes the ETag of an upload in parts from the MD5s of its parts. */
function isEtagOf(parts: readonly SentPart[], etag: string | undefined): boolean {
  const hash = createHash('md5');
  for (const { sent } of parts) hash.update(sent?.md5 ?? '', 'hex');
  return etag === `${hash.digest('hex')}-${parts.length}`;
}

export const isMismatch = (error: unknown): boolean => error instanceof SideError && error.failure.kind === 'checksum';
