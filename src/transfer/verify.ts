import { type ObjectInfo, type PutResult, StoreError } from '../object-store/object-store.port.js';
import type { CopyJob } from './copy-job.js';
import type { Side } from './failure-reasons.js';
import type { Digests, Sent } from './relay-body.js';
import { at, SideError } from './side-error.js';
import type { Proof } from './transfer-options.js';

/** Sends again, since a checksum of ours that does not agree is for the transfer to repeat. */
export const mismatch = (side: Side, what: string): SideError =>
  new SideError(side, new StoreError('checksum', `${what} does not agree`, { backendCode: 'ChecksumMismatch' }), true);

/** What must be computed of the bytes of a job. */
export const digestsFor = (job: CopyJob, info: ObjectInfo): Digests => ({
  md5: true,
  crc64:
    info.crc64 !== undefined ||
    (job.options.consistencyCheck === 'crc64' && job.destination.traits.checksum === 'crc64'),
});

/**
 * The MD5 that the source vouches for, where the destination checks it: sent along, it refuses other bytes, and what it
 * answers is compared with it. That is proof from end to end, and saves digesting what passes.
 */
export const vouchedMd5 = (job: CopyJob, info: ObjectInfo): string | undefined =>
  // Of what is encrypted there, the answer tells no MD5.
  job.destination.traits.checksum === 'md5' && !job.options.enableKms ? info.md5 : undefined;

/** What was read must be what the source vouches for. */
export function checkRead(info: ObjectInfo, sent: Sent): void {
  if (differ(info.md5, sent.md5)) throw mismatch('source', 'The MD5 of what was read');
  if (differ(info.crc64, sent.crc64)) throw mismatch('source', 'The CRC-64 of what was read');
}

/**
 * What the destination has must be what was sent. Answers what proves it: the answer to the upload when that vouches for a
 * checksum, else (unless checks are off) a look at the object.
 */
export function prove(job: CopyJob, info: ObjectInfo, sent: Sent, result: PutResult): Proof | Promise<Proof> {
  checkWritten(sent, result);
  const { consistencyCheck } = job.options;
  const first = proofOf(sent, result);
  if (consistencyCheck === 'no_check') return first ?? 'size';
  const wantsCrc64 = consistencyCheck === 'crc64' && sent.crc64 !== undefined;
  const proof = (seen: PutResult): Proof =>
    wantsCrc64 && knowsCrc64(info, seen) ? 'crc64' : (proofOf(sent, seen) ?? 'size');
  const looks =
    first === undefined || (wantsCrc64 && !knowsCrc64(info, result) && job.destination.traits.checksum === 'crc64');
  return looks ? lookAt(job, sent).then((seen) => proof({ ...result, ...seen })) : proof(result);
}

const knowsCrc64 = (info: ObjectInfo, result: PutResult): boolean =>
  info.crc64 !== undefined || result.crc64 !== undefined;

/** Looks at the object that was just written: its size always counts, its checksums where it has some. */
export async function lookAt(job: CopyJob, sent: Sent): Promise<PutResult> {
  const { size, md5, crc64 } = await at(job, 'destination', () => job.destination.head(job.targetKey, job.signal));
  if (size !== sent.size) throw mismatch('destination', 'The size of the copy');
  const seen: PutResult = { ...(md5 !== undefined && { md5 }), ...(crc64 !== undefined && { crc64 }) };
  checkWritten(sent, seen);
  return seen;
}

function checkWritten(sent: Sent, result: PutResult): void {
  if (differ(sent.md5, result.md5)) throw mismatch('destination', 'The MD5 of the copy');
  if (differ(sent.crc64, result.crc64)) throw mismatch('destination', 'The CRC-64 of the copy');
}

/** How the destination tells the MD5 of what was sent. An ETag proves when it is that, but disproves nothing: encrypted objects have others. */
export function md5Proof({ md5 }: Sent, result: PutResult): Proof | undefined {
  if (md5 === undefined) return undefined;
  if (result.md5 === md5) return 'md5';
  return result.etag?.toLowerCase() === md5 ? 'etag' : undefined;
}

function proofOf(sent: Sent, result: PutResult): Proof | undefined {
  const proof = md5Proof(sent, result);
  if (proof !== undefined) return proof;
  if (sent.crc64 !== undefined && result.crc64 === sent.crc64) return 'crc64';
  return undefined;
}

const differ = (a: string | undefined, b: string | undefined): boolean => a !== undefined && b !== undefined && a !== b;
