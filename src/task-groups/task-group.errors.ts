import { OmsError } from '../kernel/oms-error.js';

/** 404 on every call: clients take a group that is gone from this alone. */
export const taskGroupNotFound = (groupId: string) =>
  new OmsError('TASK_GROUP_NOT_FOUND', `Task group ${groupId} is not found`, { groupId });

export const taskGroupNotExecuting = (groupId: string) =>
  new OmsError('TASK_GROUP_NOT_EXECUTING', `Task group ${groupId} is neither being created nor migrating`, { groupId });

export const taskGroupNotPaused = (groupId: string) =>
  new OmsError('TASK_GROUP_NOT_PAUSED', `Task group ${groupId} is not paused`, { groupId });

export const taskGroupNotFailed = (groupId: string) =>
  new OmsError('TASK_GROUP_NOT_FAILED', `Task group ${groupId} has not failed`, { groupId });

export const taskGroupNotDeletable = (groupId: string) =>
  new OmsError('TASK_GROUP_NOT_OPERABLE', `Task group ${groupId} is in progress: pause it, then delete it`, {
    groupId,
  });

export const taskGroupNotUpdatable = (groupId: string) =>
  new OmsError(
    'TASK_GROUP_NOT_OPERABLE',
    `Task group ${groupId} is complete or being deleted: its traffic rules stay`,
    {
      groupId,
    },
  );

export const taskGroupQuotaExceeded = (limit: number) =>
  new OmsError('DAILY_TASK_GROUP_QUOTA_EXCEEDED', `A project can create at most ${limit} task groups within 24 hours`, {
    limit,
  });
