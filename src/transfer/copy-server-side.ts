import type { DestinationStore, ObjectInfo, PutResult } from '../object-store/object-store.port.js';
import { copyInPartsServerSide } from './copy-in-parts.js';
import type { CopyJob } from './copy-job.js';
import { provenCopy } from './copy-whole.js';
import { putOptionsFor } from './put-options.js';
import { at, tooLarge } from './side-error.js';
import { copySourceOf } from './source-object.js';
import type { Copied } from './transfer-options.js';

/** One endpoint, one credential: the bytes never come here. */
export async function copyServerSide(
  job: CopyJob,
  copyFrom: NonNullable<DestinationStore['copyFrom']>,
  info: ObjectInfo,
): Promise<Copied> {
  const { destination, targetKey, signal, progress } = job;
  progress.size = info.size;
  progress.version = info;
  const { multipart } = destination;
  let result: PutResult;
  if (info.size <= destination.traits.maxPutBytes) {
    const options = await putOptionsFor(job, info);
    const from = copySourceOf(job, info);
    result = await at(job, 'destination', () => copyFrom.call(destination, targetKey, from, options, signal));
  } else {
    if (multipart?.copyPart === undefined) throw tooLarge(info.size);
    result = await copyInPartsServerSide(job, multipart, multipart.copyPart, info);
  }
  const vouched = { size: info.size, ...(info.md5 && { md5: info.md5 }), ...(info.crc64 && { crc64: info.crc64 }) };
  return provenCopy(job, info, vouched, result);
}
