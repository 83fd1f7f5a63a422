import type { Projection } from '../projections/projection.js';
import type { ReadStore } from '../read-store/read-store.js';
import type { BandwidthRule, GroupPiece, TaskSettings } from '../tasks/task.settings.js';
import { TASK_GROUP_STREAMS, type TaskGroupEvent } from './task-group.events.js';
import { GROUP_STATUS, type TaskGroupStatus } from './task-group.state.js';

/** A row of `task_groups`. Times in milliseconds since the epoch. */
export interface TaskGroupRow {
  readonly id: string;
  readonly project_id: string;
  /** A number of the API. */
  readonly status: number;
  readonly created_ms: number;
  /** Time that is over, in which it was neither paused nor at its end. */
  readonly used_ms: number;
  /** Since when such a time goes on; null while it does not. */
  readonly active_since_ms: number | null;
  /** `TaskSettings` as JSON. */
  readonly settings: string;
  /** Array of `BandwidthRule` as JSON. */
  readonly bandwidth_policy: string;
  readonly planned_tasks: number;
  readonly planned_num: number;
  readonly planned_size: number;
  /** 1 once all of the source is in a task. */
  readonly plan_is_complete: number;
  readonly orders_given: number;
  readonly orders_told: number;
  readonly error_code: string | null;
  readonly error_message: string | null;
  /** 1 while somebody has to be told of its end. */
  readonly notify_pending: number;
  /** 1, 0, or null as long as nobody was told of its end. */
  readonly notify_delivered: number | null;
  readonly notify_error: string | null;
  readonly notify_topic: string | null;
}

/** A row of `task_group_chunks`: which task a part of the source went to. */
export interface TaskGroupChunkRow {
  readonly group_id: string;
  /** From 1. */
  readonly chunk: number;
  readonly task_id: string;
  readonly objects: number;
  readonly bytes: number;
  /** `GroupPiece` as JSON. */
  readonly piece: string;
}

export const settingsOf = (row: Pick<TaskGroupRow, 'settings'>): TaskSettings =>
  JSON.parse(row.settings) as TaskSettings;

export const bandwidthPolicyOf = (row: Pick<TaskGroupRow, 'bandwidth_policy'>): readonly BandwidthRule[] =>
  JSON.parse(row.bandwidth_policy) as readonly BandwidthRule[];

export const pieceOf = (row: Pick<TaskGroupChunkRow, 'piece'>): GroupPiece => JSON.parse(row.piece) as GroupPiece;

const enter = (views: ReadStore, groupId: string, status: TaskGroupStatus): void => {
  views.run('UPDATE task_groups SET status = ? WHERE id = ?', GROUP_STATUS[status], groupId);
};

/** Its clock stands still from now on. */
const rest = (views: ReadStore, groupId: string, status: TaskGroupStatus, at: string): void => {
  views.run(
    `UPDATE task_groups SET status = ?, used_ms = used_ms + MAX(0, ? - COALESCE(active_since_ms, ?)), active_since_ms = NULL
     WHERE id = ?`,
    GROUP_STATUS[status],
    Date.parse(at),
    Date.parse(at),
    groupId,
  );
};

/** Somebody may want to be told of it. */
const end = (
  views: ReadStore,
  data: { readonly groupId: string; readonly at: string },
  status: TaskGroupStatus,
  condition: 'SUCCESS' | 'FAILURE',
): void => {
  rest(views, data.groupId, status, data.at);
  views.run(
    `UPDATE task_groups SET notify_pending = EXISTS (SELECT 1 FROM JSON_EACH(settings, '$.notification.conditions') WHERE value = ?)
     WHERE id = ?`,
    condition,
    data.groupId,
  );
};

const fail = (
  views: ReadStore,
  status: TaskGroupStatus,
  data: { readonly groupId: string; readonly code: string; readonly message: string; readonly at: string },
): void => {
  end(views, data, status, 'FAILURE');
  views.run(
    'UPDATE task_groups SET error_code = ?, error_message = ? WHERE id = ?',
    data.code,
    data.message,
    data.groupId,
  );
};

const goOn = (views: ReadStore, { groupId, at }: { readonly groupId: string; readonly at: string }): void => {
  views.run(
    `UPDATE task_groups SET status = CASE plan_is_complete WHEN 1 THEN ? ELSE ? END, active_since_ms = ?,
       error_code = NULL, error_message = NULL, notify_pending = 0, notify_delivered = NULL, notify_error = NULL,
       notify_topic = NULL, orders_given = orders_given + 1
     WHERE id = ?`,
    GROUP_STATUS.monitoring,
    GROUP_STATUS.waiting,
    Date.parse(at),
    groupId,
  );
};

/** The task groups that exist and the tasks they were split into, for the API and the worker. */
export const taskGroupViewProjection: Projection<TaskGroupEvent> = {
  name: 'task-groups',
  version: 1,
  prefixes: [TASK_GROUP_STREAMS],
  tables: {
    task_groups: `CREATE TABLE task_groups (
        id TEXT PRIMARY KEY, project_id TEXT NOT NULL, status INTEGER NOT NULL, created_ms INTEGER NOT NULL,
        used_ms INTEGER NOT NULL DEFAULT 0, active_since_ms INTEGER, settings TEXT NOT NULL,
        bandwidth_policy TEXT NOT NULL, planned_tasks INTEGER NOT NULL DEFAULT 0, planned_num INTEGER NOT NULL DEFAULT 0,
        planned_size INTEGER NOT NULL DEFAULT 0, plan_is_complete INTEGER NOT NULL DEFAULT 0,
        orders_given INTEGER NOT NULL DEFAULT 0, orders_told INTEGER NOT NULL DEFAULT 0, error_code TEXT,
        error_message TEXT, notify_pending INTEGER NOT NULL DEFAULT 0, notify_delivered INTEGER, notify_error TEXT, notify_topic TEXT) WITHOUT ROWID;
      CREATE INDEX task_groups_by_project ON task_groups (project_id, created_ms DESC, id DESC);
      CREATE INDEX task_groups_by_status ON task_groups (status);
      CREATE INDEX task_groups_with_news ON task_groups (id) WHERE notify_pending = 1;
      CREATE INDEX task_groups_with_orders ON task_groups (id) WHERE orders_told < orders_given`,
    task_group_chunks: `CREATE TABLE task_group_chunks (
        group_id TEXT NOT NULL, chunk INTEGER NOT NULL, task_id TEXT NOT NULL, objects INTEGER NOT NULL,
        bytes INTEGER NOT NULL, piece TEXT NOT NULL, PRIMARY KEY (group_id, chunk)) WITHOUT ROWID`,
    task_groups_per_day: `CREATE TABLE task_groups_per_day (
        project_id TEXT NOT NULL, created_ms INTEGER NOT NULL, group_id TEXT NOT NULL,
        PRIMARY KEY (project_id, created_ms, group_id)) WITHOUT ROWID`,
  },
  on: {
    TaskGroupCreated: ({ data }, views) => {
      const at = Date.parse(data.at);
      views.run(
        `INSERT INTO task_groups (id, project_id, status, created_ms, active_since_ms, settings, bandwidth_policy)
         VALUES (?, ?, ?, ?, ?, ?, ?)`,
        data.groupId,
        data.projectId,
        GROUP_STATUS.waiting,
        at,
        at,
        JSON.stringify(data.settings),
        JSON.stringify(data.bandwidthPolicy),
      );
      rememberForQuota(views, data.projectId, data.groupId, at);
    },
    TaskGroupPlanBegan: ({ data }, views) => enter(views, data.groupId, 'planning'),
    TaskGroupPlanned: ({ data }, views) => {
      const { groupId, chunk, taskId, piece } = data;
      views.run(
        'INSERT INTO task_group_chunks (group_id, chunk, task_id, objects, bytes, piece) VALUES (?, ?, ?, ?, ?, ?)',
        groupId,
        chunk,
        taskId,
        piece.objects,
        piece.kind === 'manifest' ? piece.bytes : 0,
        JSON.stringify(piece),
      );
      views.run(
        'UPDATE task_groups SET planned_tasks = ?, planned_num = ?, planned_size = ? WHERE id = ?',
        chunk,
        data.plannedNum,
        data.plannedSize,
        groupId,
      );
    },
    TaskGroupPlanCompleted: ({ data }, views) => {
      enter(views, data.groupId, 'monitoring');
      views.run('UPDATE task_groups SET plan_is_complete = 1 WHERE id = ?', data.groupId);
    },
    TaskGroupPlanFailed: ({ data }, views) => fail(views, 'plan-failed', data),
    TaskGroupPausing: ({ data }, views) => enter(views, data.groupId, 'pausing'),
    TaskGroupPaused: ({ data }, views) => rest(views, data.groupId, 'paused', data.at),
    TaskGroupStarted: ({ data }, views) => goOn(views, data),
    TaskGroupRetried: ({ data }, views) => goOn(views, data),
    TaskGroupCompleted: ({ data }, views) => end(views, data, 'completed', 'SUCCESS'),
    TaskGroupFailed: ({ data }, views) => fail(views, 'failed', data),
    TaskGroupDeletionRequested: ({ data }, views) => enter(views, data.groupId, 'deleting'),
    TaskGroupDeleted: ({ data }, views) => {
      views.run('DELETE FROM task_groups WHERE id = ?', data.groupId);
      views.run('DELETE FROM task_group_chunks WHERE group_id = ?', data.groupId);
    },
    TaskGroupBandwidthPolicyUpdated: ({ data }, views) => {
      views.run(
        'UPDATE task_groups SET bandwidth_policy = ?, orders_given = orders_given + 1 WHERE id = ?',
        JSON.stringify(data.bandwidthPolicy),
        data.groupId,
      );
    },
    TaskGroupTasksTold: ({ data }, views) => {
      views.run('UPDATE task_groups SET orders_told = MAX(orders_told, ?) WHERE id = ?', data.orders, data.groupId);
    },
    TaskGroupNotified: ({ data }, views) => {
      views.run(
        'UPDATE task_groups SET notify_pending = 0, notify_delivered = ?, notify_error = ?, notify_topic = ? WHERE id = ?',
        data.delivered ? 1 : 0,
        data.errorCode,
        data.topicUrn,
        data.groupId,
      );
    },
  },
};

export const QUOTA_WINDOW_MS = 86_400_000;

/** Also groups that are deleted since count against the quota of a day; older ones go when a new one comes. */
function rememberForQuota(views: ReadStore, projectId: string, groupId: string, atMs: number): void {
  views.run(
    'DELETE FROM task_groups_per_day WHERE project_id = ? AND created_ms < ?',
    projectId,
    atMs - 2 * QUOTA_WINDOW_MS,
  );
  views.run(
    'INSERT OR IGNORE INTO task_groups_per_day (project_id, created_ms, group_id) VALUES (?, ?, ?)',
    projectId,
    atMs,
    groupId,
  );
}
