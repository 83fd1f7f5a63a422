import { Injectable } from '@nestjs/common';
import { ReadStore, type SqlValue } from '../read-store/read-store.js';
import { STATUS_NUMBER } from './task.legal-operations.js';
import type { TaskRow } from './task-view.row.js';

export interface TaskFilter {
  readonly groupId?: string | undefined;
  readonly status?: number | undefined;
  /** A part of the name, upper and lower case alike. */
  readonly name?: string | undefined;
}

export interface TaskPage {
  readonly rows: readonly TaskRow[];
  /** All matches, regardless of paging. */
  readonly count: number;
}

/** All tasks of one group together. */
export interface GroupFigures {
  readonly tasks: number;
  readonly waiting: number;
  readonly migrating: number;
  readonly paused: number;
  readonly failed: number;
  readonly succeeded: number;
  readonly pausing: number;
  /** Tasks of which all of the source is known. */
  readonly scanned: number;
  readonly totalNum: number;
  readonly totalSize: number;
  readonly succeededNum: number;
  readonly succeededSize: number;
  readonly skippedNum: number;
  readonly skippedSize: number;
  readonly failedNum: number;
  readonly failedSize: number;
  readonly inFlightSize: number;
  /** Bytes a second. */
  readonly speed: number;
  /** When the first task was taken by a worker; null before. */
  readonly startedMs: number | null;
}

/** One of eight conditions, with the values it asks for: a filter that is not given costs nothing. */
function matches(projectId: string, { groupId, status, name }: TaskFilter): readonly [string, readonly SqlValue[]] {
  const filters: readonly (readonly [string, SqlValue | undefined])[] = [
    ['project_id = ?', projectId],
    ['group_id = ?', groupId],
    ['status = ?', status],
    ['INSTR(LOWER(name), LOWER(?)) > 0', name],
  ];
  const given = filters.flatMap(([sql, value]) => (value === undefined ? [] : [{ sql, value }]));
  return [given.map(({ sql }) => sql).join(' AND '), given.map(({ value }) => value)];
}

const inState = (name: keyof typeof STATUS_NUMBER): string =>
  `COALESCE(SUM(status = ${STATUS_NUMBER[name]}), 0) ${name}`;
const sum = (column: string, name: string): string => `COALESCE(SUM(${column}), 0) ${name}`;

const FIGURES = [
  'COUNT(*) tasks',
  ...(['waiting', 'migrating', 'paused', 'failed', 'succeeded', 'pausing'] as const).map(inState),
  sum('is_scanned', 'scanned'),
  sum('total_num', 'totalNum'),
  sum('total_size', 'totalSize'),
  sum('succeeded_num', 'succeededNum'),
  sum('succeeded_size', 'succeededSize'),
  sum('skipped_num', 'skippedNum'),
  sum('skipped_size', 'skippedSize'),
  sum('failed_num', 'failedNum'),
  sum('failed_size', 'failedSize'),
  sum('in_flight_size', 'inFlightSize'),
  sum('speed', 'speed'),
  'MIN(started_ms) startedMs',
].join(', ');

/** Answers from this node's view of migration tasks. */
@Injectable()
export class TaskQueries {
  constructor(private readonly views: ReadStore) {}

  /** Undefined when this node's view shows no such task in this project. */
  find(projectId: string, taskId: string): TaskRow | undefined {
    const row = this.row(taskId);
    return row?.project_id === projectId ? row : undefined;
  }

  /** Whoever's task it is: for workers. */
  row(taskId: string): TaskRow | undefined {
    return this.views.get<TaskRow>('SELECT * FROM tasks WHERE id = ?', Number(taskId));
  }

  /** Newest first. */
  list(projectId: string, page: { limit: number; offset: number }, filter: TaskFilter = {}): TaskPage {
    const [condition, values] = matches(projectId, filter);
    const rows = this.views.all<TaskRow>(
      `SELECT * FROM tasks WHERE ${condition} ORDER BY id DESC LIMIT ? OFFSET ?`,
      ...values,
      page.limit,
      page.offset,
    );
    const count = this.views.get<{ n: number }>(`SELECT COUNT(*) n FROM tasks WHERE ${condition}`, ...values);
    return { rows, count: count?.n ?? 0 };
  }

  /** Ids of a group's tasks in this view, ascending; empty for an unknown group. */
  tasksOfGroup(groupId: string): readonly string[] {
    return this.views
      .all<{ id: number }>('SELECT id FROM tasks WHERE group_id = ? ORDER BY id', groupId)
      .map(({ id }) => String(id));
  }

  groupFigures(groupId: string): GroupFigures {
    const figures = this.views.get<GroupFigures>(`SELECT ${FIGURES} FROM tasks WHERE group_id = ?`, groupId);
    if (figures === undefined) throw new Error('an aggregate without GROUP BY always has a row');
    return figures;
  }

  /** Tasks that callers of a project created since `sinceMs`, deleted ones too. Those of groups do not count. */
  createdSince(projectId: string, sinceMs: number): number {
    const row = this.views.get<{ n: number }>(
      'SELECT COUNT(*) n FROM task_creations WHERE project_id = ? AND created_ms > ?',
      projectId,
      sinceMs,
    );
    return row?.n ?? 0;
  }

  /** Waiting tasks that callers of a project created. */
  waiting(projectId: string): number {
    const row = this.views.get<{ n: number }>(
      'SELECT COUNT(*) n FROM tasks WHERE project_id = ? AND status = 1 AND group_id IS NULL',
      projectId,
    );
    return row?.n ?? 0;
  }
}
