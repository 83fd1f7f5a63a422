import { createHash, hash, type Hash } from 'node:crypto';
import {
  type MultipartUploads,
  type ObjectInfo,
  type OpenedObject,
  type PutOptions,
  UNKNOWN_SIZE,
} from '../object-store/object-store.port.js';
import { discard } from '../object-store/opened-object.js';
import { provenInParts } from './copy-in-parts.js';
import type { CopyJob } from './copy-job.js';
import { copyContent, copyStreamed } from './copy-whole.js';
import { Crc64 } from './crc64.js';
import { partBytesFor, partStep } from './part-plan.js';
import { PieceReader } from './piece-reader.js';
import { asksSource, putOptionsFor } from './put-options.js';
import { lengthChanged } from './relay-body.js';
import { at, blame, tooLarge } from './side-error.js';
import { checkUnchanged, openSource } from './source-object.js';
import type { Copied } from './transfer-options.js';
import { abandon, type SentPart } from './upload-in-parts.js';
import { checkRead, digestsFor } from './verify.js';

/**
 * Copies what can only be read from its beginning to its end: what tells its size only by ending, and what has no ranges. What
 * fits into memory goes up in one request; of more, one part after the other is read and sent, so that never more than one
 * part is held.
 */
export async function copyInOneRead(job: CopyJob, first: OpenedObject): Promise<Copied> {
  const { destination, options } = job;
  const { multipart, traits } = destination;
  if (multipart === undefined && traits.takesUnknownSizes === true) return copyStreamed(job, first);
  const { bufferBytes } = options.limits;
  const step = multipart === undefined ? bufferBytes : stepFor(job, multipart, first.info);
  if (asksSource(job, first.info)) discard(first);
  const put = await putOptionsFor(job, first.info);
  let opened = first;
  let release = options.buffers.take(step);
  if (release === undefined) {
    // Waiting with an open body could be waiting for one that waits for a body.
    discard(first);
    release = await options.buffers.acquire(step, job.signal);
  }
  try {
    if (opened.body.destroyed) opened = await openSource(job, first.info);
    return await copyPieces(job, opened, put, Math.min(step, bufferBytes, traits.maxPutBytes), step);
  } finally {
    discard(opened);
    release();
  }
}

const stepFor = ({ options }: CopyJob, uploads: MultipartUploads, { size }: ObjectInfo): number =>
  size === UNKNOWN_SIZE
    ? partStep(options.limits.partBytes, uploads)
    : partBytesFor(size, options.limits.partBytes, uploads);

async function copyPieces(
  job: CopyJob,
  { info, body }: OpenedObject,
  put: PutOptions,
  limit: number,
  step: number,
): Promise<Copied> {
  const reader = new PieceReader(body, job.progress);
  const read = <T>(what: Promise<T>): Promise<T> =>
    what.catch((error: unknown) => {
      throw blame('source', error, true);
    });
  const begin = await read(reader.next(limit));
  if (begin.length < limit || (await read(reader.ended()))) {
    checkLength(info, begin.length);
    job.progress.size = begin.length;
    return copyContent(job, info, begin, put);
  }
  const { multipart } = job.destination;
  if (multipart === undefined) throw tooLarge(`more than ${limit}`);
  const pieces = async function* (): AsyncGenerator<Buffer> {
    yield Buffer.concat([begin, await read(reader.next(step - begin.length))]);
    while (!(await read(reader.ended()))) yield read(reader.next(step));
  };
  return sendPieces(job, multipart, info, put, pieces(), step);
}

async function sendPieces(
  job: CopyJob,
  uploads: MultipartUploads,
  info: ObjectInfo,
  put: PutOptions,
  pieces: AsyncIterable<Buffer>,
  step: number,
): Promise<Copied> {
  const { targetKey, signal, progress } = job;
  const uploadId = await at(job, 'destination', () => uploads.create(targetKey, put, signal));
  try {
    progress.wrote = true;
    const sender = new PieceSender(job, uploads, uploadId, digestsFor(job, info).crc64);
    for await (const piece of pieces) {
      if (sender.parts.length === uploads.maxParts) throw tooLarge(`more than ${uploads.maxParts * step}`);
      await sender.send(piece);
    }
    checkLength(info, sender.size);
    checkRead(info, { size: sender.size, md5: sender.md5() });
    await checkUnchanged(job, info);
    const chosen = sender.parts.map(({ uploaded }) => uploaded);
    const result = await at(job, 'destination', () => uploads.complete(targetKey, uploadId, chosen, signal));
    progress.size = sender.size;
    return await provenInParts(job, { ...info, size: sender.size }, { result, parts: sender.parts });
  } catch (error) {
    if (!progress.wrongVisible) await abandon(job, uploads, uploadId);
    throw error;
  }
}

/** What announced its size must have had it. */
function checkLength({ size }: ObjectInfo, got: number): void {
  if (size !== UNKNOWN_SIZE && size !== got) throw blame('source', lengthChanged(size, got));
}

/** Sends parts in their order, so that the MD5 of the whole is known too. */
class PieceSender {
  readonly parts: SentPart[] = [];
  size = 0;
  private readonly whole: Hash = createHash('md5');

  constructor(
    private readonly job: CopyJob,
    private readonly uploads: MultipartUploads,
    private readonly uploadId: string,
    private readonly needsCrc64: boolean,
  ) {}

  async send(piece: Buffer): Promise<void> {
    const { job, uploads, uploadId } = this;
    const size = piece.length;
    const md5 = hash('md5', piece);
    const partNumber = this.parts.length + 1;
    this.whole.update(piece);
    const uploaded = await at(job, 'destination', () =>
      uploads.uploadPart(job.targetKey, uploadId, partNumber, piece, { size, md5 }, job.signal),
    );
    const crc64 = this.needsCrc64 ? { crc64: new Crc64().update(piece).digest() } : {};
    this.parts.push({ uploaded, sent: { size, md5, ...crc64 } });
    this.size += size;
  }

  /** After the last part. */
  md5(): string {
    return this.whole.digest('hex');
  }
}
