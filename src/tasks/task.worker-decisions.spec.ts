import { specFor } from '../../test/support/decider-spec.js';
import { TASK_ID, taskCreated, taskTotals } from '../../test/support/migration-task.js';
import {
  BeginTaskRun,
  CompleteTask,
  ConfirmTaskPaused,
  FailTask,
  RecordTaskNotification,
  RecordTaskPage,
  RecordTaskProgress,
  RecordTaskScan,
  RecordTaskUpload,
  ReleaseTask,
  TakeTask,
  type TaskCommand,
} from './task.commands.js';
import { taskDecider } from './task.decider.js';
import type { TaskEvent, TaskTotals } from './task.events.js';

const at = '2026-01-15T08:09:10.000Z';
const given = specFor(taskDecider, at);
const context = { correlationId: 'r1', actor: 'worker' };
const taskId = TASK_ID;

const created = taskCreated(at);
const taken = (take: number): TaskEvent => ({ type: 'TaskTaken', data: { taskId, worker: 'w', take, at } });
const pausing: TaskEvent = { type: 'TaskPausing', data: { taskId, at } };
const paused: TaskEvent = { type: 'TaskPaused', data: { taskId, at } };
const began: TaskEvent = { type: 'TaskRunBegan', data: { taskId, run: 1, stamp: 's', destinationTimeMs: 5, at } };
const scanned: TaskEvent = { type: 'TaskScanned', data: { taskId, totalNum: 9, totalSize: 90, at } };
const released = (reason: 'stopping' | 'lost'): TaskEvent => ({ type: 'TaskReleased', data: { taskId, reason, at } });
const succeeded: TaskEvent = { type: 'TaskSucceeded', data: { taskId, at } };
const failed = (code: string, message: string): TaskEvent => ({
  type: 'TaskFailed',
  data: { taskId, code, message, at },
});
const deleted: TaskEvent = { type: 'TaskDeleted', data: { taskId, at } };
const upload = { key: 'big', uploadId: 'u1', sourceEtag: 'e', size: 100, partBytes: 10 };
const uploadBegan: TaskEvent = { type: 'TaskUploadBegan', data: { taskId, ...upload, at } };
const pageOf = (page: number, totals: TaskTotals = taskTotals(1)) =>
  ({ page, cursor: `c${page}`, totals, lists: ['success'] }) as const;
const pageMigrated = (page: number, totals?: TaskTotals): TaskEvent => ({
  type: 'TaskPageMigrated',
  data: { taskId, ...pageOf(page, totals), at },
});

const take = new TakeTask(taskId, 'w', context);
const begin = new BeginTaskRun(taskId, 1, 's', 5, context);
const scan = new RecordTaskScan(taskId, 1, 9, 90, context);
const record = (page: number) => new RecordTaskPage(taskId, 1, pageOf(page), context);
const complete = new CompleteTask(taskId, 1, context);
const confirm = new ConfirmTaskPaused(taskId, 1, context);
const fail = new FailTask(taskId, 1, 'TRF.0151', 'no entry', context);
const waitedTooLong = new FailTask(taskId, 0, 'TRF.0003', 'waited too long', context);
const notify = (run: number) => new RecordTaskNotification(taskId, run, true, null, 'urn', context);

const running = [created, taken(1)];
const FENCED: readonly TaskCommand[] = [
  begin,
  scan,
  record(1),
  new RecordTaskUpload(taskId, 1, upload, context),
  new RecordTaskProgress(taskId, 1, 7, context),
  confirm,
  new ReleaseTask(taskId, 1, 'lost', context),
  complete,
  fail,
];

describe('a worker', () => {
  it('takes a waiting task, each time under a higher number', () => {
    given(created).when(take).then(taken(1));
    given(created, taken(1), released('lost')).when(take).then(taken(2));
  });

  it.each([
    ['is migrated', [...running]],
    ['pauses', [...running, pausing]],
    ['is paused', [created, paused]],
    ['succeeded', [...running, succeeded]],
    ['failed', [...running, failed('TRF.0001', 'm')]],
    ['is deleted', [created, deleted]],
    ['never was', []],
  ])('takes no task that %s', (_state, history) =>
    given(...history)
      .when(take)
      .thenNothing(),
  );

  it.each(FENCED.map((command) => [command.type, command] as const))(
    'changes nothing by %s once another has the task, or nobody',
    (_type, command) => {
      given(...running, released('lost'), taken(2), began)
        .when(command)
        .thenNothing();
      given(...running, released('lost'))
        .when(command)
        .thenNothing();
      given(...running, pausing, paused)
        .when(command)
        .thenNothing();
      given(...running, succeeded)
        .when(command)
        .thenNothing();
      given(created, deleted).when(command).thenNothing();
      given().when(command).thenNothing();
    },
  );
});

describe('a running task', () => {
  it('begins its run once', () => {
    given(...running)
      .when(begin)
      .then(began);
    given(...running, began)
      .when(begin)
      .thenNothing();
  });

  it('is scanned once, also while it pauses', () => {
    given(...running, began)
      .when(scan)
      .then(scanned);
    given(...running, began, pausing)
      .when(scan)
      .then(scanned);
    given(...running, began, scanned)
      .when(scan)
      .thenNothing();
  });

  it('records pages in their order, each once, also while it pauses', () => {
    given(...running, began)
      .when(record(1))
      .then(pageMigrated(1));
    given(...running, began, pausing)
      .when(record(1))
      .then(pageMigrated(1));
    given(...running, began, pageMigrated(1))
      .when(record(2))
      .then(pageMigrated(2));
    given(...running, began, pageMigrated(1))
      .when(record(1))
      .thenNothing();
    given(...running, began, pageMigrated(1))
      .when(record(3))
      .thenNothing();
    given(...running)
      .when(record(1))
      .thenNothing();
  });

  it('records uploads, each once', () => {
    const command = new RecordTaskUpload(taskId, 1, upload, context);
    given(...running, began)
      .when(command)
      .then(uploadBegan);
    given(...running, began, uploadBegan)
      .when(command)
      .thenNothing();
    const anew = { ...upload, uploadId: 'u2' };
    given(...running, began, uploadBegan)
      .when(new RecordTaskUpload(taskId, 1, anew, context))
      .then({ type: 'TaskUploadBegan', data: { taskId, ...anew, at } });
  });

  it('records what is on its way', () =>
    given(...running)
      .when(new RecordTaskProgress(taskId, 1, 7, context))
      .then({ type: 'TaskProgressed', data: { taskId, inFlightSize: 7, at } }));

  it('is paused when its worker says so, if somebody wanted it', () => {
    given(...running, pausing)
      .when(confirm)
      .then(paused);
    given(...running)
      .when(confirm)
      .thenNothing();
  });

  it('waits again, or is paused, when its worker lets it go', () => {
    given(...running)
      .when(new ReleaseTask(taskId, 1, 'stopping', context))
      .then(released('stopping'));
    given(...running, pausing)
      .when(new ReleaseTask(taskId, 1, 'lost', context))
      .then(paused);
  });

  it('succeeds when nothing failed, even while it pauses', () => {
    given(...running, began, pageMigrated(1, taskTotals(2, 1)))
      .when(complete)
      .then(succeeded);
    given(...running, began, pausing)
      .when(complete)
      .then(succeeded);
  });

  it.each([
    [3, '3 objects could not be migrated'],
    [1, '1 object could not be migrated'],
  ])('has failed when %d objects have', (failedNum, message) =>
    given(...running, began, pageMigrated(1, taskTotals(2, 1, failedNum)))
      .when(complete)
      .then(failed('TRF.0062', message)),
  );

  it('fails for the reason its worker gives', () => {
    given(...running)
      .when(fail)
      .then(failed('TRF.0151', 'no entry'));
    given(...running, pausing)
      .when(fail)
      .then(failed('TRF.0151', 'no entry'));
  });

  it('does not fail for having waited', () =>
    given(...running)
      .when(waitedTooLong)
      .thenNothing());
});

describe('a waiting task', () => {
  it('fails for having waited too long', () => {
    given(created).when(waitedTooLong).then(failed('TRF.0003', 'waited too long'));
    given(created, taken(1), released('lost')).when(waitedTooLong).then(failed('TRF.0003', 'waited too long'));
    given(created, paused).when(waitedTooLong).thenNothing();
  });
});

describe('the end of a run', () => {
  const notified: TaskEvent = {
    type: 'TaskNotified',
    data: { taskId, run: 1, delivered: true, errorCode: null, topicUrn: 'urn', at },
  };
  it('is told once', () => {
    given(...running, succeeded)
      .when(notify(1))
      .then(notified);
    given(...running, succeeded, notified)
      .when(notify(1))
      .thenNothing();
    given(...running, succeeded)
      .when(notify(2))
      .thenNothing();
    given(created, deleted).when(notify(1)).thenNothing();
  });
});
