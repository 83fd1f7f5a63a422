import type { Projection } from '../projections/projection.js';
import type { ReadStore } from '../read-store/read-store.js';
import {
  TASK_STREAMS,
  type TaskCreated,
  type TaskEvent,
  type TaskPageMigrated,
  type TaskStarted,
} from './task.events.js';
import { STATUS_NUMBER, type TaskStatus } from './task.legal-operations.js';
import { listErrorsOfRow, type TaskRow } from './task-view.row.js';

const DAY_MS = 86_400_000;
/** The speed is measured over the last one to two of these. */
const SAMPLE_MS = 5000;

const TABLES = {
  tasks: `CREATE TABLE tasks (
      id INTEGER PRIMARY KEY, project_id TEXT NOT NULL, name TEXT NOT NULL, status INTEGER NOT NULL, group_id TEXT,
      priority TEXT NOT NULL, created_ms INTEGER NOT NULL, status_ms INTEGER NOT NULL,
      worker TEXT, take INTEGER NOT NULL DEFAULT 0, run INTEGER NOT NULL DEFAULT 1,
      started_ms INTEGER, total_ms INTEGER NOT NULL DEFAULT 0, migrating_ms INTEGER,
      is_scanned INTEGER NOT NULL DEFAULT 0, total_num INTEGER NOT NULL DEFAULT 0, total_size INTEGER NOT NULL DEFAULT 0,
      succeeded_num INTEGER NOT NULL DEFAULT 0, succeeded_size INTEGER NOT NULL DEFAULT 0,
      skipped_num INTEGER NOT NULL DEFAULT 0, skipped_size INTEGER NOT NULL DEFAULT 0,
      failed_num INTEGER NOT NULL DEFAULT 0, failed_size INTEGER NOT NULL DEFAULT 0,
      in_flight_size INTEGER NOT NULL DEFAULT 0, speed INTEGER NOT NULL DEFAULT 0,
      sample_ms INTEGER NOT NULL DEFAULT 0, sample_size INTEGER NOT NULL DEFAULT 0,
      next_sample_ms INTEGER NOT NULL DEFAULT 0, next_sample_size INTEGER NOT NULL DEFAULT 0,
      list_stamp TEXT, failed_parts INTEGER NOT NULL DEFAULT 0, failed_page INTEGER NOT NULL DEFAULT 0,
      settings TEXT NOT NULL, bandwidth_policy TEXT NOT NULL, error TEXT, list_errors TEXT NOT NULL DEFAULT '{}',
      notified TEXT);
    CREATE INDEX tasks_by_project ON tasks (project_id, id DESC);
    CREATE INDEX tasks_by_project_status ON tasks (project_id, status, id DESC);
    CREATE INDEX tasks_by_group ON tasks (group_id, id DESC) WHERE group_id IS NOT NULL;
    CREATE INDEX tasks_by_group_status ON tasks (group_id, status) WHERE group_id IS NOT NULL;
    CREATE INDEX tasks_by_status ON tasks (status, id)`,
  // For the daily quota: a deleted task was created all the same.
  task_creations: `CREATE TABLE task_creations (id INTEGER PRIMARY KEY, project_id TEXT NOT NULL, created_ms INTEGER NOT NULL);
    CREATE INDEX task_creations_by_project ON task_creations (project_id, created_ms);
    CREATE INDEX task_creations_by_time ON task_creations (created_ms)`,
};

function create({ data }: { readonly data: TaskCreated['data'] }, views: ReadStore): void {
  const at = Date.parse(data.at);
  views.run(
    `INSERT INTO tasks (id, project_id, name, status, group_id, priority, created_ms, status_ms, settings, bandwidth_policy)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    Number(data.taskId),
    data.projectId,
    data.name,
    STATUS_NUMBER.waiting,
    data.groupId,
    data.priority,
    at,
    at,
    JSON.stringify(data.settings),
    JSON.stringify(data.bandwidthPolicy),
  );
  if (data.groupId !== null) return;
  views.run('DELETE FROM task_creations WHERE created_ms < ?', at - DAY_MS);
  views.run(
    'INSERT INTO task_creations (id, project_id, created_ms) VALUES (?, ?, ?)',
    Number(data.taskId),
    data.projectId,
    at,
  );
}

/** Counters begin anew with a run; only those of a retry keep what is done. */
function start({ data }: { readonly data: TaskStarted['data'] }, views: ReadStore): void {
  const id = Number(data.taskId);
  settle(views, data, 'waiting');
  views.run('UPDATE tasks SET run = ?, error = NULL WHERE id = ?', data.run, id);
  if (data.mode === 'resume') return;
  views.run(
    `UPDATE tasks SET is_scanned = 0, failed_num = 0, failed_size = 0, list_stamp = NULL, failed_parts = 0, failed_page = 0,
       list_errors = '{}', notified = NULL WHERE id = ?`,
    id,
  );
  if (data.mode === 'all')
    views.run(
      'UPDATE tasks SET succeeded_num = 0, succeeded_size = 0, skipped_num = 0, skipped_size = 0 WHERE id = ?',
      id,
    );
  views.run(
    'UPDATE tasks SET total_num = succeeded_num + skipped_num, total_size = succeeded_size + skipped_size WHERE id = ?',
    id,
  );
}

/** Into a state in which no worker has the task: what it moved without recording is lost, its clock stands. */
function settle(views: ReadStore, data: { taskId: string; at: string }, status: TaskStatus): void {
  const at = Date.parse(data.at);
  views.run(
    `UPDATE tasks SET status = ?, status_ms = ?, worker = NULL, in_flight_size = 0, speed = 0,
       total_ms = total_ms + COALESCE(MAX(0, ? - migrating_ms), 0), migrating_ms = NULL WHERE id = ?`,
    STATUS_NUMBER[status],
    at,
    at,
    Number(data.taskId),
  );
}

/** Bytes that were read and written by `atMs`, skipped ones not among them. */
function sampleSpeed(views: ReadStore, row: TaskRow, size: number, atMs: number): void {
  const due = atMs - row.next_sample_ms >= SAMPLE_MS;
  const fromMs = due ? row.next_sample_ms : row.sample_ms;
  const fromSize = due ? row.next_sample_size : row.sample_size;
  const speed = atMs > fromMs ? Math.max(0, Math.round(((size - fromSize) * 1000) / (atMs - fromMs))) : row.speed;
  views.run(
    'UPDATE tasks SET speed = ?, sample_ms = ?, sample_size = ?, next_sample_ms = ?, next_sample_size = ? WHERE id = ?',
    speed,
    fromMs,
    fromSize,
    due ? atMs : row.next_sample_ms,
    due ? size : row.next_sample_size,
    row.id,
  );
}

const rowOf = (views: ReadStore, taskId: string): TaskRow | undefined =>
  views.get<TaskRow>('SELECT * FROM tasks WHERE id = ?', Number(taskId));

function addPage({ data }: { readonly data: TaskPageMigrated['data'] }, views: ReadStore): void {
  const row = rowOf(views, data.taskId);
  if (row === undefined) return;
  const { totals, lists, page } = data;
  const recorded = Math.max(0, totals.succeededSize - row.succeeded_size);
  const inFlight = Math.max(0, row.in_flight_size - recorded);
  const failed = lists.includes('failed');
  views.run(
    `UPDATE tasks SET succeeded_num = ?, succeeded_size = ?, skipped_num = ?, skipped_size = ?, failed_num = ?,
       failed_size = ?, total_num = CASE is_scanned WHEN 1 THEN total_num ELSE ? END, total_size = ?, in_flight_size = ?,
       failed_parts = ?, failed_page = ?, list_errors = ? WHERE id = ?`,
    totals.succeededNum,
    totals.succeededSize,
    totals.skippedNum,
    totals.skippedSize,
    totals.failedNum,
    totals.failedSize,
    // Also when all is listed: the sizes of objects that are only named are learnt as they are copied.
    totals.scannedNum,
    totals.scannedSize,
    inFlight,
    row.failed_parts + (failed ? 1 : 0),
    failed && row.failed_parts === 0 ? page : row.failed_page,
    JSON.stringify({ ...listErrorsOfRow(row), ...data.listErrors }),
    row.id,
  );
  sampleSpeed(views, row, totals.succeededSize + inFlight, Date.parse(data.at));
}

/** The migration tasks that exist, for show, list, groups, quotas and the scheduler. */
export const taskViewProjection: Projection<TaskEvent> = {
  name: 'tasks',
  version: 1,
  prefixes: [TASK_STREAMS],
  tables: TABLES,
  on: {
    TaskCreated: create,
    TaskStarted: start,
    TaskTaken: ({ data }, views) => {
      const at = Date.parse(data.at);
      views.run(
        `UPDATE tasks SET status = ?, status_ms = ?, worker = ?, take = ?, started_ms = COALESCE(started_ms, ?),
           migrating_ms = ?, sample_ms = ?, sample_size = succeeded_size, next_sample_ms = ?,
           next_sample_size = succeeded_size WHERE id = ?`,
        STATUS_NUMBER.migrating,
        at,
        data.worker,
        data.take,
        at,
        at,
        at,
        at,
        Number(data.taskId),
      );
    },
    TaskRunBegan: ({ data }, views) =>
      views.run('UPDATE tasks SET list_stamp = ? WHERE id = ?', data.stamp, Number(data.taskId)),
    TaskScanned: ({ data }, views) =>
      views.run(
        'UPDATE tasks SET is_scanned = 1, total_num = ?, total_size = ? WHERE id = ?',
        data.totalNum,
        data.totalSize,
        Number(data.taskId),
      ),
    TaskPageMigrated: addPage,
    TaskUploadBegan: () => undefined,
    TaskProgressed: ({ data }, views) => {
      const row = rowOf(views, data.taskId);
      if (row === undefined) return;
      views.run('UPDATE tasks SET in_flight_size = ? WHERE id = ?', data.inFlightSize, row.id);
      sampleSpeed(views, row, row.succeeded_size + data.inFlightSize, Date.parse(data.at));
    },
    TaskPausing: ({ data }, views) =>
      views.run(
        'UPDATE tasks SET status = ?, status_ms = ? WHERE id = ?',
        STATUS_NUMBER.pausing,
        Date.parse(data.at),
        Number(data.taskId),
      ),
    TaskPaused: ({ data }, views) => settle(views, data, 'paused'),
    TaskReleased: ({ data }, views) => settle(views, data, 'waiting'),
    TaskSucceeded: ({ data }, views) => settle(views, data, 'succeeded'),
    TaskFailed: ({ data }, views) => {
      settle(views, data, 'failed');
      const { code, message } = data;
      views.run('UPDATE tasks SET error = ? WHERE id = ?', JSON.stringify({ code, message }), Number(data.taskId));
    },
    TaskDeleted: ({ data }, views) => views.run('DELETE FROM tasks WHERE id = ?', Number(data.taskId)),
    TaskBandwidthPolicyUpdated: ({ data }, views) =>
      views.run(
        'UPDATE tasks SET bandwidth_policy = ? WHERE id = ?',
        JSON.stringify(data.bandwidthPolicy),
        Number(data.taskId),
      ),
    TaskPriorityUpdated: ({ data }, views) =>
      views.run('UPDATE tasks SET priority = ? WHERE id = ?', data.priority, Number(data.taskId)),
    TaskNotified: ({ data }, views) => {
      const { delivered, errorCode, topicUrn } = data;
      views.run(
        'UPDATE tasks SET notified = ? WHERE id = ? AND run = ?',
        JSON.stringify({ delivered, errorCode, topicUrn }),
        Number(data.taskId),
        data.run,
      );
    },
  },
};
