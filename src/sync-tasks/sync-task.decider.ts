import { assertNever } from '../kernel/assert-never.js';
import type { Decider } from '../kernel/decider.js';
import type { SyncTaskCommand } from './sync-task.commands.js';
import {
  noSyncTaskToOperate,
  syncTaskAlreadyStarted,
  syncTaskInProgress,
  syncTaskNotFound,
  syncTaskNotRunning,
} from './sync-task.errors.js';
import type { SyncTaskCredentials, SyncTaskEvent, SyncTaskSettings } from './sync-task.events.js';

interface Known {
  readonly projectId: string;
  readonly settings: SyncTaskSettings;
  readonly credentials: SyncTaskCredentials;
  /** The newest day whose ledger is closed, `yyyy-MM-dd`; empty before the first. */
  readonly closedDay: string;
}

export type SyncTask =
  { readonly status: 'absent' } | ({ readonly status: 'synchronizing' | 'stopped' | 'deleted' } & Known);

const evolve = (task: SyncTask, event: SyncTaskEvent): SyncTask => {
  if (event.type === 'SyncTaskCreated') {
    const { projectId, settings, credentials } = event.data;
    return { status: 'synchronizing', projectId, settings, credentials, closedDay: '' };
  }
  if (task.status === 'absent') return task;
  switch (event.type) {
    case 'SyncTaskStarted':
      return { ...task, status: 'synchronizing', credentials: event.data.credentials };
    case 'SyncTaskStopped':
      return { ...task, status: 'stopped' };
    case 'SyncTaskDeleted':
      return { ...task, status: 'deleted' };
    case 'SyncLedgerClosed':
      return { ...task, closedDay: event.data.day };
    default:
      return assertNever(event);
  }
};

/** The life of a sync task: it synchronizes from its creation on, until stopped; only a stopped one can be deleted. */
export const syncTaskDecider: Decider<SyncTask, SyncTaskCommand, SyncTaskEvent> = {
  initialState: () => ({ status: 'absent' }),
  evolve,

  decide: (command, task, { now: at }) => {
    const { projectId, syncTaskId } = command;
    if (command.type === 'CreateSyncTask') {
      if (task.status !== 'absent') return []; // same id again: already done
      const { settings, credentials } = command;
      return [{ type: 'SyncTaskCreated', data: { projectId, syncTaskId, settings, credentials, at } }];
    }
    // A task of another project is as unknown as one that never was: its existence is not this caller's business.
    const known = task.status !== 'absent' && task.status !== 'deleted' && task.projectId === projectId;
    switch (command.type) {
      case 'StartSyncTask':
        if (!known) throw noSyncTaskToOperate(syncTaskId);
        if (task.status === 'synchronizing') throw syncTaskAlreadyStarted(syncTaskId);
        return [{ type: 'SyncTaskStarted', data: { syncTaskId, credentials: command.credentials, at } }];
      case 'StopSyncTask':
        if (!known) throw noSyncTaskToOperate(syncTaskId);
        if (task.status === 'stopped') throw syncTaskNotRunning(syncTaskId);
        return [{ type: 'SyncTaskStopped', data: { syncTaskId, at } }];
      case 'DeleteSyncTask':
        if (!known) throw syncTaskNotFound(syncTaskId);
        if (task.status === 'synchronizing') throw syncTaskInProgress(syncTaskId);
        return [{ type: 'SyncTaskDeleted', data: { syncTaskId, at } }];
      case 'CloseSyncLedger': {
        // Days are closed in order and once; a task that is gone needs no figures.
        if (!known || command.day <= task.closedDay) return [];
        const { day, buckets } = command;
        return [{ type: 'SyncLedgerClosed', data: { syncTaskId, day, buckets, at } }];
      }
      default:
        return assertNever(command);
    }
  },
};
