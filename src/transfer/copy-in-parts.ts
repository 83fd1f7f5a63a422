import { createHash } from 'node:crypto';
import {
  type MultipartUploads,
  type ObjectInfo,
  type PutResult,
  StoreError,
} from '../object-store/object-store.port.js';
import { discard } from '../object-store/opened-object.js';
import { retrying } from '../object-store/retrying.js';
import type { CopyJob } from './copy-job.js';
import { combineCrc64 } from './crc64.js';
import { bytesOf, type Part } from './part-plan.js';
import { RelayBody, type Sent } from './relay-body.js';
import { at, blame, repeatableFailure, SideError } from './side-error.js';
import { copySourceOf, openSource } from './source-object.js';
import type { Copied, Proof } from './transfer-options.js';
import { lostUpload, type SentPart, type Uploaded, uploadInParts } from './upload-in-parts.js';
import { checkRead, digestsFor, lookAt, mismatch, prove } from './verify.js';

/** Relays an object in parallel parts. Nothing is visible before all parts are proven. */
export async function copyInParts(job: CopyJob, uploads: MultipartUploads, info: ObjectInfo): Promise<Copied> {
  const uploaded = await uploadInParts(job, uploads, info, (uploadId, part, signal) =>
    relayPart({ ...job, signal }, uploads, uploadId, part, info),
  );
  return provenInParts(job, info, uploaded);
}

/** The object is visible now; notes when it turns out to be wrong. */
export async function provenInParts(job: CopyJob, info: ObjectInfo, uploaded: Uploaded): Promise<Copied> {
  try {
    return { size: info.size, proof: await provePartwise(job, info, uploaded) };
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
  const from = copySourceOf(job, info);
  const { result } = await uploadInParts(job, uploads, info, async (uploadId, { partNumber, range }, signal) => ({
    uploaded: await at(job, 'destination', () =>
      copyPart.call(uploads, job.targetKey, uploadId, partNumber, { ...from, range }, signal),
    ),
  }));
  return result;
}

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
  part: Part,
  info: ObjectInfo,
): Promise<SentPart> {
  const size = bytesOf(part);
  const opened = await openSource(job, info, part.range);
  const body = new RelayBody(opened.body, size, digestsFor(job, info), job.progress);
  try {
    const { targetKey, signal } = job;
    const uploaded = await uploads.uploadPart(targetKey, uploadId, part.partNumber, body, { size }, signal);
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

/**
 * Parts are proven each by its MD5, since reading them in order, as an MD5 of the whole wants it, would give up what parts are
 * for. Of parts that an earlier run sent no more is known than what the destination says of them, so there only agreement
 * with a checksum of the source proves more than the size.
 */
async function provePartwise(job: CopyJob, info: ObjectInfo, { result, parts }: Uploaded): Promise<Proof> {
  const takenOver = parts.some(({ sent }) => sent === undefined);
  const whole = wholeOf(info, parts);
  checkRead(info, whole);
  const { consistencyCheck } = job.options;
  if (consistencyCheck === 'crc64' && whole.crc64 !== undefined) {
    const proof = await prove(job, info, whole, result);
    if (proof === 'crc64') return proof;
  } else if (consistencyCheck !== 'no_check' || takenOver) await lookAt(job, whole);
  if (result.etag !== undefined && result.etag.includes('-') && result.etag === info.etag) return 'etag';
  if (takenOver) return 'size';
  return isEtagOf(parts, result.etag) || parts.every(provenByMd5) ? 'etag' : 'size';
}

const provenByMd5 = ({ uploaded, sent }: SentPart): boolean =>
  sent?.md5 !== undefined && (uploaded.md5 ?? uploaded.etag.toLowerCase()) === sent.md5;

/** What the whole must be: the CRC-64 of all parts, or that of the source where not all parts came through here. */
function wholeOf(info: ObjectInfo, parts: readonly SentPart[]): Sent {
  let crc64: string | undefined = '0';
  for (const { sent } of parts) {
    crc64 = crc64 === undefined || sent?.crc64 === undefined ? undefined : combineCrc64(crc64, sent.crc64, sent.size);
  }
  crc64 ??= info.crc64;
  return { size: info.size, ...(crc64 !== undefined && { crc64 }) };
}

/** S3 makes the ETag of an upload in parts from the MD5s of its parts. */
function isEtagOf(parts: readonly SentPart[], etag: string | undefined): boolean {
  const hash = createHash('md5');
  for (const { sent } of parts) hash.update(sent?.md5 ?? '', 'hex');
  return etag === `${hash.digest('hex')}-${parts.length}`;
}

export const isMismatch = (error: unknown): boolean => error instanceof SideError && error.failure.kind === 'checksum';
