import { TASK_ID, taskCreated, taskKeys, taskTotals } from '../../test/support/migration-task.js';
import { taskDecider } from './task.decider.js';
import type { RunMode, TaskEvent, TaskPageMigrated } from './task.events.js';
import { NO_TOTALS, pagesOf, type KnownTask } from './task.state.js';

const at = '2026-01-15T08:09:10.000Z';
const taskId = TASK_ID;

/** The state of a task behind these events. */
function fold(...events: readonly TaskEvent[]): { readonly status: string } & KnownTask {
  const task = [taskCreated(at), ...events].reduce<ReturnType<typeof taskDecider.initialState>>(
    taskDecider.evolve,
    taskDecider.initialState(),
  );
  if (task.status === 'absent') throw new Error('a created task is there');
  return task;
}

const taken = (take: number): TaskEvent => ({ type: 'TaskTaken', data: { taskId, worker: `w${take}`, take, at } });
const began = (run: number): TaskEvent => ({
  type: 'TaskRunBegan',
  data: { taskId, run, stamp: `stamp-${run}`, destinationTimeMs: run, at },
});
const page = (number: number, more: Partial<TaskPageMigrated['data']> = {}): TaskEvent => ({
  type: 'TaskPageMigrated',
  data: { taskId, page: number, cursor: `c${number}`, totals: taskTotals(3, 2, 1), lists: ['failed'], at, ...more },
});
const started = (mode: RunMode, run: number): TaskEvent => ({
  type: 'TaskStarted',
  data: { taskId, credentials: taskKeys(run), mode, run, at },
});
const failed = (code: string): TaskEvent => ({ type: 'TaskFailed', data: { taskId, code, message: 'm', at } });
const upload = (key: string): TaskEvent => ({
  type: 'TaskUploadBegan',
  data: { taskId, key, uploadId: `u-${key}`, sourceEtag: 'e', size: 100, partBytes: 10, at },
});
const paused: TaskEvent = { type: 'TaskPaused', data: { taskId, at } };
const scanned: TaskEvent = { type: 'TaskScanned', data: { taskId, totalNum: 9, totalSize: 90, at } };

describe('the state of a task', () => {
  it('knows who runs it, under which take', () => {
    expect(fold()).toMatchObject({ status: 'waiting', take: 0, worker: undefined });
    expect(fold(taken(1))).toMatchObject({ status: 'migrating', take: 1, worker: 'w1' });
    const released: TaskEvent = { type: 'TaskReleased', data: { taskId, reason: 'lost', at } };
    expect(fold(taken(1), released)).toMatchObject({ status: 'waiting', take: 1, worker: undefined });
    expect(fold(taken(1), released, taken(2))).toMatchObject({ status: 'migrating', take: 2, worker: 'w2' });
  });

  it('keeps where a paused run was, for when it goes on', () => {
    const task = fold(taken(1), began(1), scanned, upload('big'), page(1), page(2), paused, started('resume', 1));
    expect(task).toMatchObject({ status: 'waiting', credentials: taskKeys(1) });
    expect(task.run).toMatchObject({
      ...{ number: 1, mode: 'all', began: { stamp: 'stamp-1', destinationTimeMs: 1 } },
      ...{ page: 2, cursor: 'c2', totals: taskTotals(3, 2, 1), scan: { totalNum: 9, totalSize: 90 } },
    });
    expect(task.run.uploads.get('big')).toEqual({
      ...{ key: 'big', uploadId: 'u-big', sourceEtag: 'e', size: 100, partBytes: 10 },
    });
  });

  it('begins anew with all objects', () => {
    const { run } = fold(taken(1), began(1), scanned, upload('big'), page(1), failed('TRF.0062'), started('all', 2));
    expect(run).toEqual({
      ...{ number: 2, mode: 'all', retried: undefined, began: undefined, page: 0, cursor: undefined },
      ...{ totals: NO_TOTALS, scan: undefined, failedPages: undefined, failedListBroken: false },
      ...{ uploads: new Map(), failure: undefined },
    });
  });

  it('goes through what failed from what was done, counting the failed ones again', () => {
    const pages = [page(1), page(2, { lists: ['success'] }), page(3, { totals: taskTotals(7, 2, 4) })];
    const { run } = fold(taken(1), began(1), scanned, ...pages, failed('TRF.0062'), started('failed', 2));
    expect(run).toMatchObject({ number: 2, mode: 'failed', began: undefined, page: 0, scan: undefined });
    expect(run.retried?.stamp).toBe('stamp-1');
    expect(pagesOf(run.retried?.failedPages)).toEqual([1, 3]);
    expect(run.totals).toEqual(taskTotals(7, 2, 0));
    expect(run.retried?.base).toEqual(run.totals);
  });

  it('repeats a retry that was cut off, from the same lists and figures', () => {
    const first = [taken(1), began(1), page(1), failed('TRF.0062'), started('failed', 2)];
    const again = fold(
      ...first,
      taken(2),
      began(2),
      page(1, { totals: taskTotals(4, 2) }),
      failed('TRF.0151'),
      started('failed', 3),
    );
    expect(again.run.retried).toEqual(fold(...first).run.retried);
    expect(again.run).toMatchObject({ number: 3, totals: taskTotals(3, 2) });
    const onItsOwn = fold(...first, taken(2), began(2), page(1), failed('TRF.0062'), started('failed', 3));
    expect(onItsOwn.run.retried?.stamp).toBe('stamp-2');
  });

  it('forgets uploads when the run ends', () => {
    expect(fold(taken(1), upload('big'), failed('TRF.0001')).run.uploads.size).toBe(0);
    const succeeded: TaskEvent = { type: 'TaskSucceeded', data: { taskId, at } };
    expect(fold(taken(1), upload('big'), succeeded).run.uploads.size).toBe(0);
  });

  it('remembers the newest thousand uploads, the last one of a key', () => {
    const many = Array.from({ length: 1001 }, (_, index) => upload(`k${index}`));
    const { uploads } = fold(taken(1), upload('k1'), ...many).run;
    expect([uploads.size, uploads.has('k0'), uploads.has('k1'), uploads.has('k1000')]).toEqual([
      1000,
      false,
      true,
      true,
    ]);
  });

  it('takes the last word on priority, limits and notification', () => {
    const rule = { start: '00:00', end: '01:00', maxBytesPerSecond: 1_048_576 };
    const task = fold(
      { type: 'TaskPriorityUpdated', data: { taskId, priority: 'LOW', at } },
      { type: 'TaskBandwidthPolicyUpdated', data: { taskId, bandwidthPolicy: [rule], at } },
      { type: 'TaskNotified', data: { taskId, run: 1, delivered: true, errorCode: null, topicUrn: 'urn', at } },
    );
    expect(task).toMatchObject({ priority: 'LOW', bandwidthPolicy: [rule], notifiedRun: 1 });
  });
});
