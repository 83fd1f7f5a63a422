import { Injectable } from '@nestjs/common';
import { ReadStore } from '../read-store/read-store.js';
import { STATUS_NUMBER } from '../tasks/task.legal-operations.js';
import type { TaskGroupRow } from './task-group-view.projection.js';
import { GROUP_STATUS } from './task-group.state.js';

export interface TaskGroupPage {
  readonly rows: readonly TaskGroupRow[];
  /** All matches, regardless of paging. */
  readonly count: number;
}

/** Objects and bytes of the parts whose tasks exist. */
export interface CreatedTotals {
  readonly objects: number;
  readonly bytes: number;
}

/** How the lists of failed objects of a group's tasks fared. */
export interface FailedLists {
  /** Some tasks have one. */
  readonly written: 0 | 1;
  /** Some could not be written. */
  readonly broken: 0 | 1;
}

/** A group that a worker has something to do for, or has to watch. */
export interface GroupAtWork {
  readonly id: string;
  /** A number of the API. */
  readonly status: number;
  /** Its tasks have to be told something. */
  readonly hasOrders: 0 | 1;
  /** Somebody has to be told how it ended. */
  readonly hasNews: 0 | 1;
  /** Parts without a task that this view shows as ended. */
  readonly openParts: number;
  /** Tasks that wait or migrate. */
  readonly goingTasks: number;
  readonly pausingTasks: number;
}

/** Bounds how many groups a look at them goes through; the oldest come first. */
const MAX_AT_WORK = 1000;

const { waiting, planning, monitoring, paused, failed, pausing, deleting } = GROUP_STATUS;
const AT_WORK = [waiting, planning, monitoring, pausing, deleting].join(', ');
const TOLD = [waiting, planning, monitoring, paused, GROUP_STATUS['plan-failed'], failed, pausing].join(', ');
const tasksIn = (...statuses: readonly number[]): string =>
  `(SELECT COUNT(*) FROM tasks WHERE tasks.group_id = g.id AND tasks.status IN (${statuses.join(', ')}))`;

/** Answers from this node's views of task groups. Groups of other projects are unknown. */
@Injectable()
export class TaskGroupQueries {
  constructor(private readonly views: ReadStore) {}

  /** Undefined when this node's view shows no such group in this project. */
  find(projectId: string, groupId: string): TaskGroupRow | undefined {
    const row = this.row(groupId);
    return row?.project_id === projectId ? row : undefined;
  }

  /** Whoever's group it is: for workers. */
  row(groupId: string): TaskGroupRow | undefined {
    return this.views.get<TaskGroupRow>('SELECT * FROM task_groups WHERE id = ?', groupId);
  }

  /** Newest first. */
  list(projectId: string, page: { limit: number; offset: number; status?: number | undefined }): TaskGroupPage {
    const status = page.status ?? null;
    const rows = this.views.all<TaskGroupRow>(
      `SELECT * FROM task_groups WHERE project_id = ? AND (? IS NULL OR status = ?)
       ORDER BY created_ms DESC, id DESC LIMIT ? OFFSET ?`,
      ...[projectId, status, status, page.limit, page.offset],
    );
    const count = this.views.get<{ n: number }>(
      'SELECT COUNT(*) n FROM task_groups WHERE project_id = ? AND (? IS NULL OR status = ?)',
      ...[projectId, status, status],
    );
    return { rows, count: count?.n ?? 0 };
  }

  /** Groups that a project created after `sinceMs`, deleted ones too. */
  createdSince(projectId: string, sinceMs: number): number {
    const row = this.views.get<{ n: number }>(
      'SELECT COUNT(*) n FROM task_groups_per_day WHERE project_id = ? AND created_ms > ?',
      projectId,
      sinceMs,
    );
    return row?.n ?? 0;
  }

  createdTotals(groupId: string): CreatedTotals {
    const totals = this.views.get<CreatedTotals>(
      `SELECT COALESCE(SUM(objects), 0) objects, COALESCE(SUM(bytes), 0) bytes FROM task_group_chunks
       WHERE group_id = ? AND CAST(task_id AS INTEGER) IN (SELECT id FROM tasks)`,
      groupId,
    );
    return totals ?? { objects: 0, bytes: 0 };
  }

  failedLists(groupId: string): FailedLists {
    const lists = this.views.get<FailedLists>(
      `SELECT COALESCE(MAX(failed_parts > 0), 0) written,
         COALESCE(MAX(JSON_EXTRACT(list_errors, '$.failed') IS NOT NULL), 0) broken
       FROM tasks WHERE group_id = ?`,
      groupId,
    );
    return lists ?? { written: 0, broken: 0 };
  }

  /** For the worker: the oldest first. Asked for all the time, so the groups of the past must cost nothing: see the indexes. */
  atWork(): readonly GroupAtWork[] {
    const { waiting: taskWaits, migrating, pausing: taskPauses, failed: taskFailed, succeeded } = STATUS_NUMBER;
    return this.views.all<GroupAtWork>(
      `SELECT g.id, g.status, g.status IN (${TOLD}) AND g.orders_told < g.orders_given hasOrders,
         g.notify_pending hasNews, g.planned_tasks - ${tasksIn(taskFailed, succeeded)} openParts,
         ${tasksIn(taskWaits, migrating)} goingTasks, ${tasksIn(taskPauses)} pausingTasks
       FROM task_groups g
       WHERE g.id IN (
         SELECT id FROM task_groups WHERE status IN (${AT_WORK})
         UNION SELECT id FROM task_groups WHERE notify_pending = 1
         UNION SELECT id FROM task_groups WHERE orders_told < orders_given AND +status IN (${TOLD}))
       ORDER BY g.created_ms, g.id LIMIT ?`,
      MAX_AT_WORK,
    );
  }
}
