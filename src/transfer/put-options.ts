import type { ObjectInfo, PutOptions } from '../object-store/object-store.port.js';
import type { CopyJob } from './copy-job.js';
import { at } from './side-error.js';
import { storageClassFor } from './storage-class.js';

/**
 * Whether `putOptionsFor` asks the source once more: for tags, of which backends tell the number with the object; and for
 * what reads through a CDN leave out, where that counts.
 */
export const asksSource = (job: CopyJob, info: ObjectInfo): boolean =>
  job.source.headInBucket === undefined
    ? wantsTags(job) && hasTags(info)
    : wantsTags(job) || (job.options.storagePolicy === 'SRC_STORAGE_MAPPING' && job.listed?.storageClass === undefined);

const wantsTags = ({ source, destination, options }: CopyJob): boolean =>
  options.migrateMetadata && source.getTags !== undefined && destination.getTags !== undefined;

type Stored = Pick<ObjectInfo, 'tagCount' | 'storageClass'>;

const hasTags = ({ tagCount = 0 }: Stored): boolean => tagCount > 0;

/**
 * How the copy is to be put. May ask the source (see `asksSource`), so then no body of the source may be open: with all read
 * permits of an endpoint held by open bodies that would wait for ever.
 */
export async function putOptionsFor(job: CopyJob, info: ObjectInfo): Promise<PutOptions> {
  const { source, key, options, signal } = job;
  const { getTags } = source;
  const stored = await storedOf(job, info);
  const tags =
    getTags !== undefined && wantsTags(job) && hasTags(stored)
      ? await at(job, 'source', () => getTags.call(source, key, signal))
      : undefined;
  const storageClass = storageClassFor(options.storagePolicy ?? null, stored.storageClass);
  return {
    size: info.size,
    ...(info.contentType !== undefined && { contentType: info.contentType }),
    ...(options.migrateMetadata && { metadata: info.metadata }),
    ...(tags !== undefined && { tags }),
    ...(storageClass !== undefined && { storageClass }),
    ...(options.enableKms && { serverSideEncryption: 'kms' }),
  };
}

/** What the read said; of an object that is read through a CDN what its listing said, or else the bucket says. */
async function storedOf(job: CopyJob, info: ObjectInfo): Promise<Stored> {
  const { source, key, listed, signal } = job;
  const { headInBucket } = source;
  if (headInBucket === undefined) return info;
  if (!asksSource(job, info)) return listed ?? {};
  return at(job, 'source', () => headInBucket.call(source, key, signal));
}
