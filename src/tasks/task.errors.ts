import { OmsError } from '../kernel/oms-error.js';

/** 404, where the address names the task: show. */
export const taskNotFound = (taskId: string) =>
  new OmsError('TASK_NOT_FOUND', `Migration task ${taskId} is not found`, { taskId });

/** 400 on everything that changes a task, for which the contract publishes no 404. */
export const noTaskToOperate = (taskId: string) =>
  new OmsError('NO_TASK_TO_OPERATE', `Migration task ${taskId} is not found`, { taskId });

export const noTaskGroupToOperate = (groupId: string) =>
  new OmsError('NO_TASK_GROUP_TO_OPERATE', `Migration task group ${groupId} is not found`, { groupId });

const REFUSALS = {
  TASK_IN_PROGRESS: 'is in progress: pause it, then delete it',
  TASK_ALREADY_STARTED: 'has already started',
  TASK_NOT_RUNNING: 'is not in progress',
  TASK_COMPLETED: 'is complete: it cannot be started, stopped or given another priority',
  BANDWIDTH_NOT_UPDATABLE: 'is complete: its traffic limiting rules cannot be changed',
} as const;

export type IllegalOperation = keyof typeof REFUSALS;

/** The task is there, but not in a state for what is asked. */
export const illegalOperation = (kind: IllegalOperation, taskId: string) =>
  new OmsError(kind, `Migration task ${taskId} ${REFUSALS[kind]}`, { taskId });

export const taskBelongsToGroup = (taskId: string, groupId: string) =>
  new OmsError(
    'TASK_NOT_DELETABLE',
    `Migration task ${taskId} belongs to task group ${groupId} and is deleted with it only`,
    { taskId, groupId },
  );

/** A paused task has objects that were never tried: they come first. */
export const remainderComesFirst = (taskId: string) =>
  new OmsError(
    'INVALID_PARAMETER',
    `migrate_failed_object must be false for the paused migration task ${taskId}: it goes on where it was paused`,
    { taskId, field: 'migrate_failed_object' },
  );

export const noFailedObjects = (taskId: string) =>
  new OmsError('FAILED_LIST_NOT_FOUND', `Migration task ${taskId} has recorded no failed objects`, { taskId });

export const failedListIncomplete = (taskId: string) =>
  new OmsError(
    'FAILED_LIST_INCOMPLETE',
    `The list of failed objects of migration task ${taskId} does not name all that is missing: start it with all objects`,
    { taskId },
  );

export const dailyTaskQuotaExceeded = (limit: number) =>
  new OmsError('DAILY_TASK_QUOTA_EXCEEDED', `A project can create at most ${limit} migration tasks within 24 hours`, {
    limit,
  });

export const waitingTaskQuotaExceeded = (limit: number) =>
  new OmsError('TASK_QUOTA_EXCEEDED', `A project can have at most ${limit} waiting migration tasks`, { limit });
