import { taskTotals } from '../../test/support/migration-task.js';
import { project } from '../../test/support/projection-spec.js';
import { created, logOf, msAt, page, plain, progressed, taken } from '../../test/support/task-log.js';
import type { ReadStore } from '../read-store/read-store.js';
import type { TaskEvent } from './task.events.js';
import { TaskQueries } from './task-queries.js';
import { taskViewProjection } from './task-view.projection.js';
import type { TaskRow } from './task-view.row.js';

/** The same event of another task. */
const of = (taskId: string, event: TaskEvent): TaskEvent =>
  ({ ...event, data: { ...event.data, taskId } }) as TaskEvent;

let views: ReadStore | undefined;
const given = (...events: readonly TaskEvent[]): TaskQueries => {
  views = project(taskViewProjection, logOf(...events));
  return new TaskQueries(views);
};
afterEach(() => views?.close());

const ids = (rows: readonly TaskRow[]) => rows.map(({ id }) => id);
const page10 = { limit: 10, offset: 0 };

describe('a project’s tasks', () => {
  const several = () =>
    given(
      created(0, { taskId: '1', name: 'Photos-1' }),
      created(1, { taskId: '2', name: 'photos-2', groupId: 'g' }),
      created(2, { taskId: '3', name: 'videos_3' }),
      created(3, { taskId: '4', projectId: 'q' }),
      of('3', taken(4)),
    );

  it('come newest first, page by page, without those of others', () => {
    expect(ids(several().list('p', page10).rows)).toEqual([3, 2, 1]);
    const { rows, count } = several().list('p', { limit: 1, offset: 1 });
    expect([ids(rows), count]).toEqual([[2], 3]);
    expect(several().list('p', { limit: 1, offset: 3 })).toEqual({ rows: [], count: 3 });
  });

  it('are filtered by group, state and a part of the name', () => {
    const listed = (filter: Parameters<TaskQueries['list']>[2]) => ids(several().list('p', page10, filter).rows);
    expect(listed({ groupId: 'g' })).toEqual([2]);
    expect(listed({ status: 2 })).toEqual([3]);
    expect(listed({ name: 'PHOTOS' })).toEqual([2, 1]);
    expect(listed({ name: 's_3' })).toEqual([3]);
    expect(listed({ name: '%' })).toEqual([]);
    expect(listed({ name: 'photos', status: 1, groupId: 'g' })).toEqual([2]);
  });

  it('are found by their id', () => {
    const queries = several();
    expect(queries.find('p', '1')?.name).toBe('Photos-1');
    expect([queries.find('q', '1'), queries.find('p', '9'), queries.row('4')?.project_id]).toEqual([
      undefined,
      undefined,
      'q',
    ]);
  });
});

describe('the tasks of a group', () => {
  it('are counted and added up', () => {
    const queries = given(
      created(0, { taskId: '1', groupId: 'g' }),
      created(0, { taskId: '2', groupId: 'g' }),
      created(0, { taskId: '3', groupId: 'h' }),
      of('1', taken(1)),
      of('2', taken(2)),
      of('1', page(3, 1, { totals: taskTotals(3, 2, 1) })),
      of('2', page(3, 1, { totals: taskTotals(1) })),
      of('1', progressed(3, 5)),
      of('2', plain('TaskSucceeded', 4)),
    );
    expect(queries.tasksOfGroup('g')).toEqual(['1', '2']);
    expect(queries.groupFigures('g')).toEqual({
      ...{ tasks: 2, waiting: 0, migrating: 1, paused: 0, failed: 0, succeeded: 1, pausing: 0, scanned: 0 },
      ...{ totalNum: 7, totalSize: 70, succeededNum: 4, succeededSize: 40, skippedNum: 2, skippedSize: 20 },
      ...{ failedNum: 1, failedSize: 10, inFlightSize: 5, speed: 18, startedMs: msAt(1) },
    });
  });

  it('are none of an unknown group', () => {
    const queries = given();
    expect(queries.tasksOfGroup('x')).toEqual([]);
    expect(queries.groupFigures('x')).toMatchObject({ tasks: 0, waiting: 0, totalNum: 0, startedMs: null });
  });
});

describe('quotas', () => {
  it('count what callers created, deleted ones too, and what waits', () => {
    const queries = given(
      created(0, { taskId: '1' }),
      created(10, { taskId: '2' }),
      created(20, { taskId: '3' }),
      created(20, { taskId: '4', groupId: 'g' }),
      created(20, { taskId: '5', projectId: 'q' }),
      of('2', plain('TaskDeleted', 30)),
      of('3', taken(30)),
    );
    expect([
      queries.createdSince('p', msAt(-1)),
      queries.createdSince('p', msAt(0)),
      queries.createdSince('p', msAt(20)),
    ]).toEqual([3, 2, 0]);
    expect([queries.waiting('p'), queries.waiting('q')]).toEqual([1, 1]);
  });

  it('forget what was created more than a day before another', () => {
    given(created(0, { taskId: '1' }), created(86_401, { taskId: '2' }));
    expect(views?.all('SELECT id FROM task_creations')).toEqual([{ id: 2 }]);
  });
});
