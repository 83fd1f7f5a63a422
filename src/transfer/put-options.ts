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
export function putOptionsFor(job: CopyJob, info: ObjectInfo): PutOptions | Promise<PutOptions> {
  if (asksSource(job, info)) return askedOptions(job, info);
  return optionsOf(job, info, job.source.headInBucket === undefined ? info : (job.listed ?? {}));
}

async function askedOptions(job: CopyJob, info: ObjectInfo): Promise<PutOptions> {
  const { source, key, signal } = job;
  const { getTags, headInBucket } = source;
  // What is read through a CDN tells less than the bucket.
  const stored: Stored =
    headInBucket === undefined ? info : await at(job, 'source', () => headInBucket.call(source, key, signal));
  const tags =
    getTags !== undefined && wantsTags(job) && hasTags(stored)
      ? await at(job, 'source', () => getTags.call(source, key, signal))
      : undefined;
  return optionsOf(job, info, stored, tags);
}

function optionsOf({ options }: CopyJob, info: ObjectInfo, stored: Stored, tags?: PutOptions['tags']): PutOptions {
  return {
    size: info.size,
    contentType: info.contentType,
    metadata: options.migrateMetadata ? info.metadata : undefined,
    storageClass: storageClassFor(options.storagePolicy ?? null, stored.storageClass),
    tags,
    serverSideEncryption: options.enableKms ? 'kms' : undefined,
    md5: undefined,
  };
}
