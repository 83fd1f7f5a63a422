import type { ObjectInfo, PutOptions } from '../object-store/object-store.port.js';
import type { CopyJob } from './copy-job.js';
import { at } from './side-error.js';

/** Whether the tags of the source object must be asked for. Backends that have tags tell their number with the object. */
export const carriesTags = (job: CopyJob, info: ObjectInfo): boolean =>
  job.options.migrateMetadata &&
  (info.tagCount ?? 0) > 0 &&
  job.source.getTags !== undefined &&
  job.destination.getTags !== undefined;

/**
 * How the copy is to be put. May ask the source for tags, so no body of the source may be open: with all read permits
 * of an endpoint held by open bodies that would wait for ever.
 */
export async function putOptionsFor(job: CopyJob, info: ObjectInfo): Promise<PutOptions> {
  const { source, key, options, signal } = job;
  const { getTags } = source;
  const tags =
    getTags !== undefined && carriesTags(job, info)
      ? await at(job, 'source', () => getTags.call(source, key, signal))
      : undefined;
  const storageClass = options.mapStorageClass?.(info);
  return {
    size: info.size,
    ...(info.contentType !== undefined && { contentType: info.contentType }),
    ...(options.migrateMetadata && { metadata: info.metadata }),
    ...(tags !== undefined && { tags }),
    ...(storageClass !== undefined && { storageClass }),
    ...(options.enableKms && { serverSideEncryption: 'kms' }),
  };
}
