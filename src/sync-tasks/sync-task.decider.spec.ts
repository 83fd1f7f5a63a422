import { specFor } from '../../test/support/decider-spec.js';
import { settings } from '../../test/support/sync-task-settings.js';
import { CreateSyncTask, DeleteSyncTask, StartSyncTask, StopSyncTask } from './sync-task.commands.js';
import { syncTaskDecider } from './sync-task.decider.js';
import type { SyncTaskCredentials, SyncTaskEvent } from './sync-task.events.js';

const at = '2026-01-15T08:09:10.000Z';
const given = specFor(syncTaskDecider, at);
const context = { correlationId: 'r1', actor: 'anonymous' };
const keys = (n: number): SyncTaskCredentials => ({
  source: { ref: `s${n}`, fingerprint: 'f' },
  destination: { ref: `d${n}`, fingerprint: 'f' },
});

const created: SyncTaskEvent = {
  type: 'SyncTaskCreated',
  data: { projectId: 'p', syncTaskId: 't', settings, credentials: keys(1), at },
};
const stopped: SyncTaskEvent = { type: 'SyncTaskStopped', data: { syncTaskId: 't', at } };
const started: SyncTaskEvent = { type: 'SyncTaskStarted', data: { syncTaskId: 't', credentials: keys(2), at } };
const deleted: SyncTaskEvent = { type: 'SyncTaskDeleted', data: { syncTaskId: 't', at } };

const create = new CreateSyncTask('p', 't', settings, keys(1), context);
const start = new StartSyncTask('p', 't', keys(2), context);
const stop = new StopSyncTask('p', 't', context);
const remove = new DeleteSyncTask('p', 't', context);

describe('no sync task', () => {
  it('is created and synchronizes at once', () => given().when(create).then(created));
  it('cannot be started', () => given().when(start).thenRefused('SYNC_TASK_NOT_SYNCHRONIZING'));
  it('cannot be stopped', () => given().when(stop).thenRefused('SYNC_TASK_NOT_SYNCHRONIZING'));
  it('cannot be deleted', () => given().when(remove).thenRefused('SYNC_TASK_NOT_FOUND'));
});

describe('a synchronizing task', () => {
  it('ignores being created again', () => given(created).when(create).thenNothing());
  it('stops', () => given(created).when(stop).then(stopped));
  it('cannot be started', () => given(created).when(start).thenRefused('TASK_ALREADY_STARTED'));
  it('cannot be deleted', () => given(created).when(remove).thenRefused('TASK_IN_PROGRESS'));
  it('is unknown to other projects', () =>
    given(created)
      .when(new StopSyncTask('other', 't', context))
      .thenRefused('SYNC_TASK_NOT_SYNCHRONIZING'));
});

describe('a stopped task', () => {
  it('starts with new credentials', () => given(created, stopped).when(start).then(started));
  it('cannot be stopped', () => given(created, stopped).when(stop).thenRefused('TASK_NOT_RUNNING'));
  it('is deleted', () => given(created, stopped).when(remove).then(deleted));
  it('cannot be deleted by another project', () =>
    given(created, stopped)
      .when(new DeleteSyncTask('other', 't', context))
      .thenRefused('SYNC_TASK_NOT_FOUND'));
  it('once started again is stopped again', () => given(created, stopped, started).when(stop).then(stopped));
});

describe('a deleted task', () => {
  it('ignores being created again', () => given(created, stopped, deleted).when(create).thenNothing());
  it('cannot be started', () =>
    given(created, stopped, deleted).when(start).thenRefused('SYNC_TASK_NOT_SYNCHRONIZING'));
  it('cannot be stopped', () => given(created, stopped, deleted).when(stop).thenRefused('SYNC_TASK_NOT_SYNCHRONIZING'));
  it('cannot be deleted again', () => given(created, stopped, deleted).when(remove).thenRefused('SYNC_TASK_NOT_FOUND'));
});
