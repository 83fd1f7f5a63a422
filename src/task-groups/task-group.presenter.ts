import type { GroupFigures } from '../tasks/task-queries.js';
import { presentBandwidthPolicy, presentOptions } from '../tasks/api/task.presenter.js';
import { bandwidthPolicyOf, settingsOf, type TaskGroupRow } from './task-group-view.projection.js';
import type { CreatedTotals, FailedLists } from './task-groups.queries.js';

/** The list of failed objects could not be written to the destination. */
const FAILED_LIST_NOT_WRITTEN = 'OMS.0307';

/** What the tasks of a group add up to. */
export interface TaskGroupFigures {
  readonly tasks: GroupFigures;
  readonly created: CreatedTotals;
  readonly failedLists: FailedLists;
}

const presentTaskCounts = (row: TaskGroupRow, { tasks }: TaskGroupFigures) => ({
  total_task_num: row.planned_tasks,
  create_task_num: tasks.tasks,
  failed_task_num: tasks.failed,
  complete_task_num: tasks.succeeded,
  paused_task_num: tasks.paused,
  executing_task_num: tasks.migrating + tasks.pausing,
  waiting_task_num: tasks.waiting,
});

/** How large the objects are that list files name, only the tasks find out. */
function presentObjectCounts(row: TaskGroupRow, { tasks, created }: TaskGroupFigures, isListed: boolean) {
  const done = tasks.succeededSize + tasks.skippedSize + tasks.failedSize + tasks.inFlightSize;
  return {
    total_num: row.planned_num,
    create_complete_num: created.objects,
    success_num: tasks.succeededNum,
    fail_num: tasks.failedNum,
    skip_num: tasks.skippedNum,
    total_size: isListed ? tasks.totalSize : row.planned_size,
    create_complete_size: isListed ? tasks.totalSize : created.bytes,
    complete_size: done,
  };
}

function presentFailedRecord({ id }: TaskGroupRow, { written, broken }: FailedLists) {
  if (broken === 1) return { result: false, list_file_key: null, error_code: FAILED_LIST_NOT_WRITTEN };
  if (written === 0) return { result: null, list_file_key: null, error_code: null };
  return { result: true, list_file_key: `oms/task_group/${id}/failed_object_lists/`, error_code: null };
}

/** How the message about the group's end fared. A topic's URN ends in its name. */
function presentNotification({ notify_delivered, notify_error, notify_topic }: TaskGroupRow) {
  if (notify_delivered === null) return null;
  return {
    notify_result: notify_delivered === 1,
    notify_error_message: notify_error ?? '',
    topic_name: notify_delivered === 1 ? '' : (notify_topic?.split(':').at(-1) ?? ''),
  };
}

const usedMs = ({ used_ms, active_since_ms }: TaskGroupRow, nowMs: number): number =>
  used_ms + (active_since_ms === null ? 0 : Math.max(0, nowMs - active_since_ms));

/** A task group as show and list have it. `nowMs`: the time of a group at work goes on. */
export function presentTaskGroup(row: TaskGroupRow, figures: TaskGroupFigures, nowMs: number) {
  const settings = settingsOf(row);
  const options = presentOptions(settings);
  const { error_code, error_message } = row;
  return {
    group_id: row.id,
    status: row.status,
    error_reason: error_code === null ? null : { error_code, error_msg: error_message ?? '' },
    ...options,
    // Groups write clouds in upper case, unlike tasks, and unlike the requests of both.
    src_node: { ...options.src_node, cloud_type: options.src_node.cloud_type.toUpperCase() },
    task_type: settings.taskType.toUpperCase(),
    bandwidth_policy: presentBandwidthPolicy(bandwidthPolicyOf(row)),
    smn_config: presentNotification(row),
    migrate_speed: figures.tasks.speed,
    total_time: usedMs(row, nowMs),
    start_time: row.created_ms,
    ...presentTaskCounts(row, figures),
    ...presentObjectCounts(row, figures, settings.source.listFile !== null),
    failed_object_record: presentFailedRecord(row, figures.failedLists),
  };
}
