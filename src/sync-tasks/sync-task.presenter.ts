import type { StatisticsRow, StatisticsSeries } from '../statistics/sync-statistics.js';
import { settingsOf, type SyncTaskRow } from './sync-task-view.projection.js';
import { balances, type SyncLedger } from './sync-tasks.queries.js';

/** A sync task as the list shows it. Keys are never part of it. */
export function presentTask(row: SyncTaskRow) {
  const settings = settingsOf(row);
  return {
    sync_task_id: row.id,
    src_cloud_type: settings.srcCloudType,
    src_region: settings.srcRegion,
    src_bucket: settings.srcBucket,
    create_time: row.created_ms,
    last_start_time: row.started_ms,
    dst_cloud_type: settings.dstCloudType,
    dst_region: settings.dstRegion,
    dst_bucket: settings.dstBucket,
    description: settings.description,
    status: row.status,
    enable_kms: settings.enableKms,
    enable_metadata_migration: settings.enableMetadataMigration,
    enable_restore: settings.enableRestore,
    app_id: settings.appId,
    object_overwrite_mode: settings.objectOverwriteMode,
    dst_storage_policy: settings.dstStoragePolicy,
    consistency_check: settings.consistencyCheck,
  };
}

/** A sync task with the counters of one month. */
export const presentTaskWithMonth = (row: SyncTaskRow, month: Omit<StatisticsRow, 'bucket_ms'>) => ({
  ...presentTask(row),
  monthly_acceptance_request: month.requested,
  monthly_success_object: month.synced,
  monthly_failure_object: month.failed,
  monthly_skip_object: month.ignored,
  monthly_size: month.synced_bytes,
});

export const STATISTIC_TYPES = ['REQUEST', 'SUCCESS', 'FAILURE', 'SKIP', 'SIZE'] as const;
export type StatisticType = (typeof STATISTIC_TYPES)[number];

const COLUMN = {
  REQUEST: 'requested',
  SUCCESS: 'synced',
  FAILURE: 'failed',
  SKIP: 'ignored',
  SIZE: 'synced_bytes',
} as const satisfies Record<StatisticType, keyof StatisticsRow>;

/** One entry per requested type, also when nothing happened; buckets in which a type counts nothing are left out. */
export const presentStatistics = (syncTaskId: string, series: StatisticsSeries, types: readonly StatisticType[]) => ({
  sync_task_id: syncTaskId,
  statistic_time_type: series.bucket,
  statistic_datas: types.map((type) => ({
    data_type: type,
    data: series.rows
      .filter((row) => row[COLUMN[type]] !== 0)
      .map((row) => ({ time_stamp: row.bucket_ms, statistic_num: row[COLUMN[type]] })),
  })),
});

/** Objects and bytes; the size of an object is known from its outcome on. */
export function presentLedger(syncTaskId: string, ledger: SyncLedger) {
  const { row, pending, position } = ledger;
  return {
    sync_task_id: syncTaskId,
    requested: { objects: row.requested, bytes: row.synced_bytes + row.failed_bytes + row.ignored_bytes },
    synced: { objects: row.synced, bytes: row.synced_bytes },
    failed: { objects: row.failed, bytes: row.failed_bytes },
    ignored: { objects: row.ignored, bytes: row.ignored_bytes },
    pending: { objects: pending, bytes: null },
    position: position ?? null,
    balanced: balances(ledger),
  };
}
