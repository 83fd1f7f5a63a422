import { STATUS_NUMBER } from '../task.legal-operations.js';
import type { BandwidthRule, ListFileSettings, TaskDestination, TaskSettings, TaskSource } from '../task.settings.js';
import {
  bandwidthPolicyOfRow,
  errorOfRow,
  listErrorsOfRow,
  notifiedOfRow,
  settingsOfRow,
  type TaskRow,
} from '../task-view.row.js';

/** Progress of what is not over yet, or ended with failed objects, is less than 1 however little is missing. */
const ALMOST = 0.9999;

/** The list of failed objects could not be written to the destination. */
const FAILED_LIST_NOT_WRITTEN = 'OMS.0307';

export const presentBandwidthPolicy = (policy: readonly BandwidthRule[]) =>
  policy.map(({ start, end, maxBytesPerSecond }) => ({ end, max_bandwidth: maxBytesPerSecond, start }));

export const presentListFile = ({ bucket, key }: ListFileSettings) => ({
  list_file_key: key,
  obs_bucket: bucket,
  // How many files a prefix has is known to nobody before it is read.
  list_file_num: key.endsWith('/') ? null : '1',
});

export const presentSource = ({ bucket, cloudType, region, appId, objectKeys, listFile }: TaskSource) => ({
  bucket,
  cloud_type: cloudType,
  region,
  app_id: appId ?? '',
  object_key: objectKeys,
  list_file: listFile === null ? null : presentListFile(listFile),
});

export const presentDestination = ({ bucket, cloudType, region, savePrefix }: TaskDestination) => ({
  bucket,
  cloud_type: cloudType,
  region,
  save_prefix: savePrefix,
});

/** The settings that tasks and groups show under the same names. Keys are never part of it. */
export const presentOptions = (settings: TaskSettings) => ({
  description: settings.description,
  src_node: presentSource(settings.source),
  dst_node: presentDestination(settings.destination),
  enable_failed_object_recording: settings.recordFailedObjects,
  enable_kms: settings.enableKms,
  enable_metadata_migration: settings.enableMetadataMigration,
  enable_restore: settings.enableRestore,
  enable_requester_pays: settings.requesterPays,
  migrate_since: settings.migrateSinceMs,
  object_overwrite_mode: settings.overwriteMode,
  dst_storage_policy: settings.storagePolicy,
  consistency_check: settings.consistencyCheck,
  source_cdn:
    settings.cdn === null
      ? null
      : {
          domain: settings.cdn.domain,
          protocol: settings.cdn.protocol,
          authentication_type: settings.cdn.authenticationType,
        },
  obs_system: 'BUCKET',
});

/** Share of what is to be done, by bytes, or by objects where none has any. */
export function progressOf(done: number, total: number, doneNum: number, totalNum: number, over: boolean): number {
  if (over) return 1;
  const share = total > 0 ? done / total : totalNum > 0 ? doneNum / totalNum : 0;
  return Math.min(ALMOST, Math.floor(share * 10_000) / 10_000);
}

/** Milliseconds that the rest takes at this speed; 0 where nobody can say. */
export const leftTimeOf = (leftSize: number, speed: number): number =>
  speed > 0 ? Math.round((leftSize / speed) * 1000) : 0;

function presentFigures(row: TaskRow, nowMs: number) {
  const isMigrating = row.status === STATUS_NUMBER.migrating;
  const done = row.succeeded_size + row.skipped_size + row.failed_size + row.in_flight_size;
  const doneNum = row.succeeded_num + row.skipped_num + row.failed_num;
  const completeSize = Math.min(done, Math.max(row.total_size, done - row.in_flight_size));
  const isOver = row.status === STATUS_NUMBER.succeeded;
  return {
    total_num: row.total_num,
    total_size: row.total_size,
    complete_size: completeSize,
    real_size: row.succeeded_size,
    successful_num: row.succeeded_num,
    failed_num: row.failed_num,
    skipped_num: row.skipped_num,
    is_query_over: row.is_scanned === 1,
    progress: progressOf(completeSize, row.total_size, doneNum, row.total_num, isOver),
    migrate_speed: isMigrating ? row.speed : 0,
    left_time: isMigrating ? leftTimeOf(Math.max(0, row.total_size - completeSize), row.speed) : 0,
    start_time: row.started_ms ?? 0,
    total_time: row.total_ms + (row.migrating_ms === null ? 0 : Math.max(0, nowMs - row.migrating_ms)),
  };
}

/** Folder of the list files of a task, or of its group's. */
const listFolder = (row: TaskRow): string =>
  row.group_id === null ? `oms/task/${row.id}/` : `oms/task_group/${row.group_id}/`;

/** One file by its name, several by the folder they are in: either can be the list file of another task. */
function presentFailedRecord(row: TaskRow) {
  if (listErrorsOfRow(row).failed !== undefined)
    return { result: false, list_file_key: null, error_code: FAILED_LIST_NOT_WRITTEN };
  if (row.failed_parts === 0) return { result: null, list_file_key: null, error_code: null };
  const folder = `${listFolder(row)}failed_object_lists/`;
  const file = row.failed_parts === 1 ? `oms-task-${row.id}-${row.list_stamp ?? ''}_${row.failed_page}.txt` : '';
  return { result: true, list_file_key: folder + file, error_code: null };
}

/** How the message about the last run's end fared. A topic's URN ends in its name. */
function presentNotification(row: TaskRow) {
  const notified = notifiedOfRow(row);
  if (notified === undefined) return null;
  const { delivered, errorCode, topicUrn } = notified;
  return {
    notify_result: delivered,
    notify_error_message: errorCode ?? '',
    topic_name: delivered ? '' : (topicUrn.split(':').at(-1) ?? topicUrn),
  };
}

/** A task as show and list have it. `nowMs`: the time that goes on while a worker has it. */
export function presentTask(row: TaskRow, nowMs: number) {
  const settings = settingsOfRow(row);
  const error = errorOfRow(row);
  const listErrors = listErrorsOfRow(row);
  return {
    id: row.id,
    name: row.name,
    status: row.status,
    task_type: settings.taskType,
    group_id: row.group_id ?? '',
    group_type: row.group_id === null ? 'NORMAL_TASK' : 'GROUP_TASK',
    task_priority: row.priority,
    ...presentOptions(settings),
    bandwidth_policy: presentBandwidthPolicy(bandwidthPolicyOfRow(row)),
    ...presentFigures(row, nowMs),
    error_reason: error === undefined ? null : { error_code: error.code, error_msg: error.message },
    failed_object_record: presentFailedRecord(row),
    success_record_error_reason: listErrors.success ?? '',
    skip_record_error_reason: listErrors.skip ?? '',
    smn_info: presentNotification(row),
  };
}
