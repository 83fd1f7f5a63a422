import { project, type Given } from '../../test/support/projection-spec.js';
import {
  AT,
  GROUP,
  groupCreated,
  groupFailed,
  limited,
  notified,
  plain,
  planCompleted,
  planFailed,
  planned,
  retried,
  rule,
  started,
  told,
} from '../../test/support/task-group-events.js';
import { taskSettings } from '../../test/support/migration-task.js';
import type { ReadStore } from '../read-store/read-store.js';
import type { TaskNotification } from '../tasks/task.settings.js';
import { taskGroupStream, type TaskGroupEvent } from './task-group.events.js';
import {
  bandwidthPolicyOf,
  pieceOf,
  settingsOf,
  taskGroupViewProjection,
  type TaskGroupChunkRow,
  type TaskGroupRow,
} from './task-group-view.projection.js';
import { TaskGroupQueries } from './task-groups.queries.js';

const atMs = Date.parse(AT);
const after = (seconds: number): string => new Date(atMs + seconds * 1000).toISOString();

/** The view after these events of the group. */
function viewed<T>(events: readonly TaskGroupEvent[], look: (groups: TaskGroupQueries, views: ReadStore) => T): T {
  const given = events.map((event): Given<TaskGroupEvent> => ({ stream: taskGroupStream(event.data.groupId), event }));
  const views = project(taskGroupViewProjection, given);
  try {
    return look(new TaskGroupQueries(views), views);
  } finally {
    views.close();
  }
}
const rowAfter = (...events: readonly TaskGroupEvent[]): Partial<TaskGroupRow> | undefined =>
  viewed([groupCreated(), ...events], (groups) => groups.row(GROUP));

const planning = [plain('TaskGroupPlanBegan'), planned(1)];
const monitoring = [...planning, planned(2), planCompleted(2)];

describe('the view of a task group', () => {
  it('has a new one, waiting, with all that was asked for', () => {
    const row = viewed([groupCreated()], (groups) => groups.find('p', GROUP));
    expect(row).toMatchObject({ status: 0, created_ms: atMs, used_ms: 0, active_since_ms: atMs, error_code: null });
    expect(row && settingsOf(row)).toEqual(taskSettings);
    expect(row && bandwidthPolicyOf(row)).toEqual([]);
  });

  it('shows it to no other project', () =>
    expect(viewed([groupCreated()], (groups) => groups.find('other', GROUP))).toBeUndefined());

  it.each<[string, number, readonly TaskGroupEvent[]]>([
    ['planning', 1, planning],
    ['monitoring', 2, monitoring],
    ['paused', 3, [plain('TaskGroupPaused')]],
    ['creation failed', 4, [...planning, planFailed()]],
    ['migration failed', 5, [...monitoring, groupFailed()]],
    ['completed', 6, [...monitoring, plain('TaskGroupCompleted')]],
    ['pausing', 7, [...monitoring, plain('TaskGroupPausing')]],
    ['waiting for deletion', 8, [...monitoring, groupFailed(), plain('TaskGroupDeletionRequested')]],
    ['waiting to be split on', 0, [...planning, plain('TaskGroupPaused'), started()]],
    ['resumed', 2, [...monitoring, plain('TaskGroupPausing'), plain('TaskGroupPaused'), started()]],
    ['retried', 2, [...monitoring, groupFailed(), retried(true)]],
  ])('knows when it is %s', (_name, status, events) => expect(rowAfter(...events)).toMatchObject({ status }));

  it('counts what is planned, and knows the parts', () => {
    expect(rowAfter(...monitoring)).toMatchObject({
      ...{ planned_tasks: 2, planned_num: 20, planned_size: 2000, plan_is_complete: 1 },
    });
    const chunks = viewed([groupCreated(), ...monitoring], (_groups, views) =>
      views.all<TaskGroupChunkRow>('SELECT * FROM task_group_chunks ORDER BY chunk'),
    );
    expect(chunks).toMatchObject([
      { group_id: GROUP, chunk: 1, task_id: '1001', objects: 10, bytes: 1000 },
      { group_id: GROUP, chunk: 2, task_id: '1002', objects: 10, bytes: 1000 },
    ]);
    expect(chunks.map(pieceOf)).toEqual([planned(1).data.piece, planned(2).data.piece]);
  });

  it('tells why it failed until it goes on', () => {
    expect(rowAfter(...planning, planFailed())).toMatchObject({ error_code: 'TRF.0155', error_message: 'no bucket' });
    expect(rowAfter(...monitoring, groupFailed())).toMatchObject({ error_code: 'TRF.0062' });
    expect(rowAfter(...monitoring, groupFailed(), retried(false))).toMatchObject({
      ...{ error_code: null, error_message: null },
    });
  });

  it('counts the time in which it is at work', () => {
    const paused = [...planning, plain('TaskGroupPausing', after(9)), plain('TaskGroupPaused', after(10))];
    expect(rowAfter(...paused)).toMatchObject({ used_ms: 10_000, active_since_ms: null });
    expect(rowAfter(...paused, started(after(100)))).toMatchObject({
      ...{ used_ms: 10_000, active_since_ms: atMs + 100_000 },
    });
    const ended = [...paused, started(after(100)), planFailed(after(105)), retried(false, 2, after(200))];
    expect(rowAfter(...ended, groupFailed(after(201)))).toMatchObject({ used_ms: 16_000, active_since_ms: null });
  });

  it('has the newest traffic rules, and knows whether the tasks were told', () => {
    const row = rowAfter(...monitoring, limited());
    expect(row).toMatchObject({ bandwidth_policy: JSON.stringify([rule]), orders_given: 1, orders_told: 0 });
    expect(rowAfter(...monitoring, limited(), limited(), told(1))).toMatchObject({ orders_given: 2, orders_told: 1 });
  });

  it('has nothing of a deleted one', () => {
    const deleted = [groupCreated(), ...monitoring, groupFailed(), plain('TaskGroupDeleted')];
    viewed(deleted, (groups, views) => {
      expect(groups.row(GROUP)).toBeUndefined();
      expect(views.all('SELECT * FROM task_group_chunks')).toEqual([]);
      expect(groups.list('p', { limit: 10, offset: 0 })).toEqual({ rows: [], count: 0 });
    });
  });
});

const notification = (...conditions: TaskNotification['conditions']): TaskGroupEvent =>
  groupCreated({ notification: { topicUrn: 'urn:a:ended', conditions, language: 'en-us', templateName: null } });
const pendingAfter = (...events: readonly TaskGroupEvent[]) =>
  viewed(events, (groups) => groups.row(GROUP)?.notify_pending);

describe('a message about the end', () => {
  it('is due where that end is to be told', () => {
    const completed = [...monitoring, plain('TaskGroupCompleted')];
    const failed = [...monitoring, groupFailed()];
    expect(pendingAfter(notification('SUCCESS'), ...completed)).toBe(1);
    expect(pendingAfter(notification('FAILURE'), ...completed)).toBe(0);
    expect(pendingAfter(notification('SUCCESS', 'FAILURE'), ...failed)).toBe(1);
    expect(pendingAfter(notification('FAILURE'), ...planning, planFailed())).toBe(1);
    expect(pendingAfter(groupCreated(), ...failed)).toBe(0);
    expect(pendingAfter(notification('FAILURE'), ...failed, retried(false))).toBe(0);
  });

  it('is shown as it fared, until the group goes on', () => {
    const events = [notification('FAILURE'), ...monitoring, groupFailed(), notified('OMS.0157')];
    const row = (...more: readonly TaskGroupEvent[]) => viewed([...events, ...more], (groups) => groups.row(GROUP));
    expect(row()).toMatchObject({ notify_pending: 0, notify_delivered: 0, notify_error: 'OMS.0157' });
    expect(row(retried(false))).toMatchObject({ notify_delivered: null, notify_error: null, notify_topic: null });
  });
});

describe('lists and quotas', () => {
  const other = (groupId: string, projectId: string, seconds: number): TaskGroupEvent => {
    const event = groupCreated({}, after(seconds));
    return { ...event, data: { ...event.data, groupId, projectId } };
  };
  const events = [groupCreated(), other('g2', 'p', 1), other('g3', 'p', 2), other('g4', 'other', 3)];

  it('are newest first, by page and by state', () =>
    viewed([...events, plain('TaskGroupPaused')], (groups) => {
      const ids = (limit: number, offset: number, status?: number) => {
        const { rows, count } = groups.list('p', { limit, offset, status });
        return [rows.map(({ id }) => id), count];
      };
      expect(ids(10, 0)).toEqual([['g3', 'g2', GROUP], 3]);
      expect(ids(1, 1)).toEqual([['g2'], 3]);
      expect(ids(10, 0, 3)).toEqual([[GROUP], 1]);
      expect(ids(10, 0, 9)).toEqual([[], 0]);
    }));

  it('count the groups of a day, deleted ones too', () =>
    viewed([...events, plain('TaskGroupDeleted')], (groups) => {
      expect(groups.createdSince('p', atMs - 1)).toBe(3);
      expect(groups.createdSince('p', atMs)).toBe(2);
      expect(groups.createdSince('other', atMs)).toBe(1);
    }));
});
