import { OmsError } from '../kernel/oms-error.js';
import type { StoreFactory } from '../object-store/store-factory.js';
import type { CreateSyncTaskDto } from './sync-task.dto.js';
import type { SyncTaskSettings } from './sync-task.events.js';

/** What a valid create request asks for. Throws when one of its two places does not exist here. */
export function settingsOf(body: CreateSyncTaskDto, stores: StoreFactory): SyncTaskSettings {
  assertPlace(stores, 'src', body.src_cloud_type, body.src_region);
  assertPlace(stores, 'dst', body.dst_cloud_type, body.dst_region);
  return {
    srcCloudType: body.src_cloud_type,
    srcRegion: body.src_region,
    srcBucket: body.src_bucket,
    dstCloudType: body.dst_cloud_type,
    dstRegion: body.dst_region,
    dstBucket: body.dst_bucket,
    description: body.description,
    enableMetadataMigration: body.enable_metadata_migration,
    enableKms: body.enable_kms,
    enableRestore: body.enable_restore,
    dstStoragePolicy: body.dst_storage_policy ?? null,
    appId: body.app_id ?? null,
    consistencyCheck: body.consistency_check,
    objectOverwriteMode: 'SIZE_LAST_MODIFIED_COMPARISON_OVERWRITE',
  };
}

function assertPlace(stores: StoreFactory, side: 'src' | 'dst', cloudType: string, region: string): void {
  if (!stores.supports(cloudType))
    throw new OmsError(
      side === 'src' ? 'INVALID_SOURCE' : 'INVALID_DESTINATION',
      `${side}_cloud_type ${cloudType} is not supported in this version`,
      { field: `${side}_cloud_type` },
    );
  if (stores.locate({ cloudType, region, bucket: '' }) !== undefined) return;
  const known = stores.regionsOf(cloudType).map(({ name }) => name);
  throw new OmsError(
    side === 'src' ? 'SOURCE_REGION_UNKNOWN' : 'DESTINATION_REGION_UNKNOWN',
    `${side}_region is not a region of ${cloudType}; known: ${known.join(', ') || 'none, configure one under clouds'}`,
    { field: `${side}_region` },
  );
}
