import { PROJECT_ID, TASK_ID, taskTotals } from '../../test/support/migration-task.js';
import { project } from '../../test/support/projection-spec.js';
import {
  began,
  created,
  failed,
  logOf,
  msAt,
  notified,
  page,
  plain,
  progressed,
  released,
  scanned,
  started,
  taken,
  timeAt,
} from '../../test/support/task-log.js';
import type { TaskEvent } from './task.events.js';
import { taskViewProjection } from './task-view.projection.js';
import type { TaskRow } from './task-view.row.js';

/** What the view shows of the task behind these events; undefined for nothing. */
function rowAfter(...events: readonly TaskEvent[]): TaskRow | undefined {
  const views = project(taskViewProjection, logOf(...events));
  try {
    return views.get<TaskRow>('SELECT * FROM tasks');
  } finally {
    views.close();
  }
}
const expectRow = (events: readonly TaskEvent[], expected: Partial<TaskRow>) =>
  expect(rowAfter(...events)).toMatchObject(expected);

const running = [created(), taken(1), began(2)];
const NO_COUNTERS: Partial<TaskRow> = {
  ...{ is_scanned: 0, total_num: 0, total_size: 0, succeeded_num: 0, succeeded_size: 0, skipped_num: 0 },
  ...{ skipped_size: 0, failed_num: 0, failed_size: 0, in_flight_size: 0, speed: 0 },
};

describe('the view of a task', () => {
  it('shows it waiting from its creation on', () =>
    expectRow([created()], {
      ...{ id: Number(TASK_ID), project_id: PROJECT_ID, name: 'from-20260115080910', status: 1, group_id: null },
      ...{
        priority: 'MEDIUM',
        created_ms: msAt(0),
        status_ms: msAt(0),
        worker: null,
        take: 0,
        run: 1,
        started_ms: null,
      },
      ...{ ...NO_COUNTERS, total_ms: 0, migrating_ms: null, error: null, notified: null, list_stamp: null },
    }));

  it('shows who has it since when', () => {
    expectRow(running, { status: 2, worker: 'w1', take: 1, started_ms: msAt(1), migrating_ms: msAt(1) });
    const again = [...running, released(5), taken(9, 2)];
    expectRow(again, { status: 2, worker: 'w2', take: 2, started_ms: msAt(1), migrating_ms: msAt(9), total_ms: 4000 });
  });

  it.each([
    ['paused', [plain('TaskPausing', 5), plain('TaskPaused', 7)], 3],
    ['waiting again', [released(7)], 1],
    ['succeeded', [plain('TaskSucceeded', 7)], 5],
    ['failed', [failed(7)], 4],
  ])('stops its clock when it is %s', (_state, ending, status) =>
    expectRow([...running, page(3, 1), progressed(4, 7), ...ending], {
      ...{ status, status_ms: msAt(7), worker: null, total_ms: 6000, migrating_ms: null, in_flight_size: 0, speed: 0 },
    }),
  );

  it('keeps the clock going while it pauses', () =>
    expectRow([...running, plain('TaskPausing', 5)], { status: 7, worker: 'w1', total_ms: 0, migrating_ms: msAt(1) }));

  it('adds up the time of all its runs', () => {
    const twice = [...running, failed(11), started(20, 'all', 2), taken(30, 2), plain('TaskSucceeded', 35)];
    expectRow(twice, { total_ms: 15_000, started_ms: msAt(1), run: 2 });
  });

  it('is nothing once deleted, which the daily quota still counts', () => {
    const views = project(taskViewProjection, logOf(created(), plain('TaskDeleted', 1)));
    expect(views.all('SELECT * FROM tasks')).toEqual([]);
    expect(views.all('SELECT project_id, created_ms FROM task_creations')).toEqual([
      { project_id: PROJECT_ID, created_ms: msAt(0) },
    ]);
    views.close();
  });
});

describe('the figures of a task', () => {
  it('are those of the newest page', () =>
    expectRow([...running, page(3, 1), page(4, 2, { totals: taskTotals(5, 3, 2) })], {
      ...{ total_num: 10, total_size: 100, is_scanned: 0, succeeded_num: 5, succeeded_size: 50 },
      ...{ skipped_num: 3, skipped_size: 30, failed_num: 2, failed_size: 20 },
    }));

  it('have a final number once the source is scanned, and the sizes that pages learn of objects that were only named', () => {
    const totals = { ...taskTotals(1), scannedNum: 40, scannedSize: 410 };
    expectRow([...running, scanned(3, 40)], { is_scanned: 1, total_num: 40, total_size: 400 });
    expectRow([...running, scanned(3, 40), page(4, 1, { totals })], { is_scanned: 1, total_num: 40, total_size: 410 });
  });

  it('count bytes on their way until a page has them', () => {
    expectRow([...running, progressed(3, 25)], { in_flight_size: 25 });
    expectRow([...running, progressed(3, 25), page(4, 1)], { in_flight_size: 15, succeeded_size: 10 });
    expectRow([...running, progressed(3, 5), page(4, 1)], { in_flight_size: 0 });
  });

  it('begin anew with a run over all objects', () => {
    const before = [
      ...running,
      scanned(3, 6),
      page(4, 1, { totals: taskTotals(3, 2, 1), lists: ['failed'] }),
      failed(5),
    ];
    expectRow([...before, started(6, 'all', 2)], {
      ...{ ...NO_COUNTERS, run: 2, status: 1, error: null, list_stamp: null, failed_parts: 0, failed_page: 0 },
    });
  });

  it('keep what is done when the failed objects are tried again', () => {
    const before = [
      ...running,
      scanned(3, 6),
      page(4, 1, { totals: taskTotals(3, 2, 1), lists: ['failed'] }),
      failed(5),
    ];
    expectRow([...before, started(6, 'failed', 2)], {
      ...{ succeeded_num: 3, skipped_num: 2, failed_num: 0, failed_size: 0, total_num: 5, total_size: 50 },
      ...{ is_scanned: 0, failed_parts: 0, run: 2 },
    });
  });

  it('stay as they are when a paused run goes on', () =>
    expectRow([...running, scanned(3, 6), page(4, 1), plain('TaskPaused', 5), started(6, 'resume', 1)], {
      ...{ succeeded_num: 1, total_num: 6, is_scanned: 1, list_stamp: '20260115080000001', run: 1, status: 1 },
    }));
});

describe('the speed of a task', () => {
  const pageOf = (seconds: number, number: number, objects: number): TaskEvent =>
    page(seconds, number, { totals: taskTotals(objects) });

  it('is measured from when the worker took it', () => expectRow([...running, pageOf(3, 1, 200)], { speed: 1000 }));

  it('is that of the last seconds, not of the whole run', () => {
    const slowAtFirst = [...running, pageOf(11, 1, 1), pageOf(21, 2, 2), pageOf(27, 3, 602)];
    expectRow(slowAtFirst, { speed: 1000 });
  });

  it('counts what is on its way and not what was skipped', () => {
    expectRow([...running, progressed(2, 500)], { speed: 500 });
    expectRow([...running, page(2, 1, { totals: taskTotals(0, 100) })], { speed: 0 });
  });

  it('does not count what another worker did before', () =>
    expectRow([...running, pageOf(3, 1, 200), released(4), taken(10, 2), pageOf(12, 2, 210)], { speed: 50 }));
});

describe('what else the view of a task shows', () => {
  it('tells why it failed until it starts again', () => {
    expectRow([...running, failed(5, 'TRF.0151')], { error: '{"code":"TRF.0151","message":"because"}' });
    expectRow([...running, failed(5), started(6, 'all', 2)], { error: null });
  });

  it('counts the parts of the failed list and knows the first', () => {
    const parts = [page(3, 1), page(4, 2, { lists: ['failed'] }), page(5, 3, { lists: ['failed', 'skip'] })];
    expectRow([...running, ...parts], { failed_parts: 2, failed_page: 2, list_stamp: '20260115080000001' });
  });

  it('collects why lists could not be written', () => {
    const broken = page(3, 1, { listErrors: { failed: 'AccessDenied' } });
    const worse = page(4, 2, { listErrors: { skip: 'NoSuchBucket' } });
    expectRow([...running, broken, worse], { list_errors: '{"failed":"AccessDenied","skip":"NoSuchBucket"}' });
  });

  it('knows how the message about the end of its last run fared', () => {
    const ended = [...running, plain('TaskSucceeded', 5), notified(6, 'OMS.0156')];
    expect(JSON.parse(rowAfter(...ended)?.notified ?? '')).toMatchObject({ delivered: false, errorCode: 'OMS.0156' });
    expectRow([...running, failed(5), started(6, 'all', 2), notified(7)], { notified: null });
  });

  it('has the newest priority and limits', () =>
    expectRow(
      [
        created(),
        { type: 'TaskPriorityUpdated', data: { taskId: TASK_ID, priority: 'LOW', at: timeAt(1) } },
        { type: 'TaskBandwidthPolicyUpdated', data: { taskId: TASK_ID, bandwidthPolicy: [], at: timeAt(1) } },
      ],
      { priority: 'LOW', bandwidth_policy: '[]' },
    ));
});
