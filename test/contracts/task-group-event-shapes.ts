import type { TaskGroupEvent } from '../../src/task-groups/task-group.events.js';
import { TASK_EVENT_SHAPES } from './task-event-shapes.js';

type DataOf<T extends TaskGroupEvent['type']> = Extract<TaskGroupEvent, { type: T }>['data'];

const { settings, credentials, bandwidthPolicy, piece } = TASK_EVENT_SHAPES.TaskCreated;
const group = { groupId: '', at: '' };
const failure = { code: '', message: '' };

/** The current shapes of the events of task groups; what tasks have too is shaped as theirs. */
export const TASK_GROUP_EVENT_SHAPES: { readonly [T in TaskGroupEvent['type']]: DataOf<T> } = {
  TaskGroupCreated: { ...group, projectId: '', settings, credentials, bandwidthPolicy },
  TaskGroupPlanBegan: group,
  TaskGroupPlanned: {
    ...{ ...group, chunk: 1, taskId: '', cursor: '', plannedNum: 1, plannedSize: 1 },
    piece: piece ?? { kind: 'manifest', key: '', objects: 1, bytes: 1 },
  },
  TaskGroupPlanCompleted: { ...group, tasks: 1, plannedNum: 1, plannedSize: 1 },
  TaskGroupPlanFailed: { ...group, ...failure },
  TaskGroupPausing: group,
  TaskGroupPaused: group,
  TaskGroupStarted: { ...group, credentials },
  TaskGroupRetried: { ...group, credentials, failedOnly: true },
  TaskGroupCompleted: group,
  TaskGroupFailed: { ...group, ...failure },
  TaskGroupDeletionRequested: group,
  TaskGroupDeleted: group,
  TaskGroupBandwidthPolicyUpdated: { ...group, bandwidthPolicy },
  TaskGroupTasksTold: { ...group, orders: 1 },
  TaskGroupNotified: { ...group, delivered: true, errorCode: '', topicUrn: '' },
};
