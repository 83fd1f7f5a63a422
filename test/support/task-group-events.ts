import type { TaskGroupCreated, TaskGroupEvent, TaskGroupPlanned } from '../../src/task-groups/task-group.events.js';
import type { TaskGroupStatus } from '../../src/task-groups/task-group.state.js';
import type { GroupPiece, TaskSettings } from '../../src/tasks/task.settings.js';
import { taskKeys, taskSettings } from './migration-task.js';

export const GROUP = '9dd98a5e-7ea3-4d80-abff-4c23914313e4';
export const AT = '2026-01-15T08:09:10.000Z';

const id = { groupId: GROUP, at: AT };
type Plain = Extract<
  TaskGroupEvent['type'],
  | 'TaskGroupPlanBegan'
  | 'TaskGroupPausing'
  | 'TaskGroupPaused'
  | 'TaskGroupCompleted'
  | 'TaskGroupDeletionRequested'
  | 'TaskGroupDeleted'
>;

export const rule = { start: '08:00', end: '12:00', maxBytesPerSecond: 1_048_576 };

export const manifestPiece = (chunk: number, objects = 10, bytes = 1000): GroupPiece => ({
  ...{ kind: 'manifest', objects, bytes },
  key: `oms/task_group/${GROUP}/plan/${chunk}.txt`,
});

export const groupCreated = (settings: Partial<TaskSettings> = {}, at = AT): TaskGroupCreated => ({
  type: 'TaskGroupCreated',
  data: {
    ...{ projectId: 'p', groupId: GROUP, settings: { ...taskSettings, ...settings } },
    ...{ credentials: taskKeys(1), bandwidthPolicy: [], at },
  },
});

/** Part number `chunk`, of 10 objects with 1000 bytes like those before. */
export const planned = (chunk: number, more: Partial<TaskGroupPlanned['data']> = {}): TaskGroupPlanned => ({
  type: 'TaskGroupPlanned',
  data: {
    ...{ ...id, chunk, taskId: String(1000 + chunk), piece: manifestPiece(chunk), cursor: `c${chunk}` },
    ...{ plannedNum: 10 * chunk, plannedSize: 1000 * chunk, ...more },
  },
});

export const planCompleted = (tasks = 1): TaskGroupEvent => ({
  type: 'TaskGroupPlanCompleted',
  data: { ...id, tasks, plannedNum: 10 * tasks, plannedSize: 1000 * tasks },
});
export const planFailed = (at = AT): TaskGroupEvent => ({
  type: 'TaskGroupPlanFailed',
  data: { groupId: GROUP, code: 'TRF.0155', message: 'no bucket', at },
});
export const plain = <T extends Plain>(type: T, at = AT) => ({ type, data: { groupId: GROUP, at } });
export const started = (at = AT): TaskGroupEvent => ({
  type: 'TaskGroupStarted',
  data: { groupId: GROUP, credentials: taskKeys(2), at },
});
export const retried = (failedOnly: boolean, keys = 2, at = AT): TaskGroupEvent => ({
  type: 'TaskGroupRetried',
  data: { groupId: GROUP, credentials: taskKeys(keys), failedOnly, at },
});
export const groupFailed = (at = AT): TaskGroupEvent => ({
  type: 'TaskGroupFailed',
  data: { groupId: GROUP, code: 'TRF.0062', message: 'objects failed', at },
});
export const limited = (): TaskGroupEvent => ({
  type: 'TaskGroupBandwidthPolicyUpdated',
  data: { ...id, bandwidthPolicy: [rule] },
});
export const told = (orders: number): TaskGroupEvent => ({ type: 'TaskGroupTasksTold', data: { ...id, orders } });
export const notified = (errorCode: string | null): TaskGroupEvent => ({
  type: 'TaskGroupNotified',
  data: { ...id, delivered: errorCode === null, errorCode, topicUrn: 'urn:smn:region:project:ended' },
});

const waiting = [groupCreated()];
const planning = [...waiting, plain('TaskGroupPlanBegan'), planned(1)];
const monitoring = [...planning, planCompleted()];
const pausing = [...monitoring, plain('TaskGroupPausing')];
const failed = [...monitoring, groupFailed()];
const deleting = [...failed, plain('TaskGroupDeletionRequested')];
/** How a group got into each state. */
export const HISTORIES: Readonly<Record<TaskGroupStatus, readonly TaskGroupEvent[]>> = {
  waiting,
  planning,
  monitoring,
  paused: [...pausing, plain('TaskGroupPaused')],
  'plan-failed': [...planning, planFailed()],
  failed,
  completed: [...monitoring, plain('TaskGroupCompleted')],
  pausing,
  deleting,
  deleted: [...deleting, plain('TaskGroupDeleted')],
};

/** Settings of groups by prefixes, and by list files in the bucket `lists`. */
export const underPrefixes = (...objectKeys: readonly string[]): Partial<TaskSettings> => ({
  source: { ...taskSettings.source, objectKeys },
});
export const namedByLists = (key: string, taskType: 'list' | 'url_list' = 'list'): Partial<TaskSettings> => ({
  taskType,
  source: { ...taskSettings.source, objectKeys: [], listFile: { bucket: 'lists', key } },
});
