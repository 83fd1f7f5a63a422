import { hash } from 'node:crypto';
import { giveBack } from '../object-store/body-memory.js';
import type { ObjectInfo, OpenedObject, PutOptions, PutResult } from '../object-store/object-store.port.js';
import { discard } from '../object-store/opened-object.js';
import { isMismatch, relayFailure } from './copy-in-parts.js';
import type { CopyJob } from './copy-job.js';
import { Crc64 } from './crc64.js';
import { asksSource, putOptionsFor } from './put-options.js';
import { collect, lengthChanged, RelayBody, type Sent } from './relay-body.js';
import { blame, isChanged } from './side-error.js';
import { checkUnchanged, openSource } from './source-object.js';
import type { Copied } from './transfer-options.js';
import { checkRead, digestsFor, md5Proof, prove, vouchedMd5 } from './verify.js';

/** One put: buffered when it is small and memory is left, else relayed as it comes. */
export async function copyWhole(job: CopyJob, opened: OpenedObject): Promise<Copied> {
  const { limits, buffers } = job.options;
  const { size } = opened.info;
  if (opened.content !== undefined) return copyCollected(job, opened.info, opened.content);
  const release = size <= limits.bufferBytes ? buffers.take(size) : undefined;
  if (release === undefined) return copyStreamed(job, opened);
  try {
    const content = await collect(opened.body, size, job.progress).catch((error: unknown) => {
      throw blame('source', error, true);
    });
    return await copyContent(job, opened.info, content);
  } finally {
    release();
  }
}

/** It came along with the answer; whoever asked for that holds the memory. */
async function copyCollected(job: CopyJob, info: ObjectInfo, content: Buffer): Promise<Copied> {
  job.progress.moved(content.length);
  if (content.length !== info.size) throw blame('source', lengthChanged(info.size, content.length), true);
  const copied = await copyContent(job, info, content);
  // Only after success: a put that failed may still be at work on it.
  giveBack(content);
  return copied;
}

/**
 * Checked before anything is sent, but for an MD5 that the destination checks (see `vouchedMd5`). `known` are the options of the
 * put where they were asked for already.
 */
export async function copyContent(
  job: CopyJob,
  info: ObjectInfo,
  content: Buffer,
  known?: PutOptions,
): Promise<Copied> {
  const { destination, targetKey, progress, signal } = job;
  const vouched = vouchedMd5(job, info);
  const sent: Sent = {
    size: content.length,
    md5: vouched ?? hash('md5', content),
    crc64: digestsFor(job, info).crc64 ? new Crc64().update(content).digest() : undefined,
  };
  checkRead(info, sent);
  if (info.etag === undefined) await checkUnchanged(job, info);
  const options = { ...(known ?? (await putOptionsFor(job, info))), size: sent.size, md5: sent.md5 };
  let result: PutResult;
  progress.side = 'destination';
  try {
    result = await destination.put(targetKey, content, options, signal);
  } catch (error) {
    const failure = blame('destination', error);
    // Which side is at fault is seen in what was read.
    if (vouched !== undefined && isMismatch(failure)) checkRead(info, { ...sent, md5: hash('md5', content) });
    throw failure;
  }
  const isTold = vouched === undefined || md5Proof(sent, result) !== undefined;
  return provenCopy(job, info, isTold ? sent : { ...sent, md5: hash('md5', content) }, result);
}

/** Neither for memory nor for parts: relayed in one request. */
export async function copyStreamed(job: CopyJob, first: OpenedObject): Promise<Copied> {
  let opened = first;
  const { info } = first;
  if (asksSource(job, info)) discard(first);
  const options = await putOptionsFor(job, info);
  if (asksSource(job, info)) opened = await openSource(job, info);
  const vouched = vouchedMd5(job, info);
  const digests = { ...digestsFor(job, info), md5: vouched === undefined };
  const body = new RelayBody(opened.body, info.size, digests, job.progress);
  const md5 = info.md5 === undefined ? {} : { md5: info.md5 };
  const result = await job.destination
    .put(job.targetKey, body, { ...options, ...md5 }, job.signal)
    .catch((error: unknown) => {
      discard({ info, body });
      throw relayFailure(body, error);
    });
  const sent: Sent = { ...body.sent(), ...(vouched !== undefined && { md5: vouched }) };
  return provenCopy(job, info, sent, result, () => checkUnchanged(job, info));
}

/** The object is visible now. What turns out to be wrong is overwritten by the next try, or removed after the last. */
export async function provenCopy(
  job: CopyJob,
  info: ObjectInfo,
  sent: Sent,
  result: PutResult,
  checkSource?: () => Promise<void>,
): Promise<Copied> {
  job.progress.wrote = true;
  try {
    checkRead(info, sent);
    if (checkSource !== undefined) await checkSource();
    const proof = await prove(job, info, sent, result);
    job.progress.wrongVisible = false;
    return { size: sent.size, proof };
  } catch (error) {
    job.progress.wrongVisible = isMismatch(error) || isChanged(error);
    throw error;
  }
}
