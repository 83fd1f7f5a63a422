import { OmsError } from '../kernel/oms-error.js';

/** 404, where the address names the task: show, delete, events, statistics, ledger. */
export const syncTaskNotFound = (syncTaskId: string) =>
  new OmsError('SYNC_TASK_NOT_FOUND', `Synchronization task ${syncTaskId} is not found`, { syncTaskId });

/** 400 on start and stop, for which the contract publishes no 404. */
export const noSyncTaskToOperate = (syncTaskId: string) =>
  new OmsError('SYNC_TASK_NOT_SYNCHRONIZING', `Synchronization task ${syncTaskId} is not found`, { syncTaskId });

/** 400 on events: the task exists but takes no events now. */
export const syncTaskNotStarted = (syncTaskId: string) =>
  new OmsError('SYNC_TASK_NOT_SYNCHRONIZING', `Synchronization task ${syncTaskId} is not started`, { syncTaskId });

export const syncTaskAlreadyStarted = (syncTaskId: string) =>
  new OmsError('TASK_ALREADY_STARTED', `Synchronization task ${syncTaskId} has already started`, { syncTaskId });

export const syncTaskNotRunning = (syncTaskId: string) =>
  new OmsError('TASK_NOT_RUNNING', `Synchronization task ${syncTaskId} is not in progress`, { syncTaskId });

export const syncTaskInProgress = (syncTaskId: string) =>
  new OmsError('TASK_IN_PROGRESS', `Synchronization task ${syncTaskId} is in progress: stop it, then delete it`, {
    syncTaskId,
  });

export const syncTaskQuotaExceeded = (limit: number) =>
  new OmsError('TASK_QUOTA_EXCEEDED', `A project can have at most ${limit} synchronization tasks`, { limit });

/** Too much accepted work is waiting, or the queue is out of reach. */
export const syncServiceBusy = (cause: unknown) =>
  new OmsError('SERVICE_BUSY', 'The service is busy, try again later', {}, { cause });
