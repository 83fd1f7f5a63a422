import type { ReadStore } from '../../read-store/read-store.js';
import { STATUS_NUMBER } from '../../tasks/task.legal-operations.js';
import type { BandwidthRule } from '../../tasks/task.settings.js';

/** A task that a worker has, as the view shows it: migrating, or pausing. */
export interface RunningRow {
  readonly taskId: string;
  readonly worker: string;
  readonly take: number;
  readonly pausing: boolean;
  readonly bandwidthPolicy: readonly BandwidthRule[];
}

interface Row {
  readonly id: number;
  readonly worker: string;
  readonly take: number;
  readonly status: number;
  readonly bandwidth_policy: string;
}

/** What the view of this process shows of the tasks that are not at rest. It may be behind; commands decide on what is. */
export class OpenTasks {
  constructor(private readonly views: ReadStore) {}

  /** Those that a worker has, this one or another. */
  running(): readonly RunningRow[] {
    const rows = this.views.all<Row>(
      `SELECT id, worker, take, status, bandwidth_policy FROM tasks
       WHERE status IN (${STATUS_NUMBER.migrating}, ${STATUS_NUMBER.pausing}) AND worker IS NOT NULL ORDER BY id`,
    );
    return rows.map(({ id, worker, take, status, bandwidth_policy }) => ({
      taskId: String(id),
      ...{ worker, take },
      pausing: status === STATUS_NUMBER.pausing,
      bandwidthPolicy: JSON.parse(bandwidth_policy) as readonly BandwidthRule[],
    }));
  }

  /** Ids of waiting tasks, the ones to take first in front: by priority, then by age. */
  waiting(limit: number): readonly string[] {
    return this.ids(
      `SELECT id FROM tasks WHERE status = ${STATUS_NUMBER.waiting}
       ORDER BY CASE priority WHEN 'HIGH' THEN 0 WHEN 'MEDIUM' THEN 1 ELSE 2 END, id LIMIT ?`,
      limit,
    );
  }

  /** Ids of tasks that wait since before that time, in milliseconds since the epoch. */
  waitingSince(beforeMs: number, limit: number): readonly string[] {
    return this.ids(
      `SELECT id FROM tasks WHERE status = ${STATUS_NUMBER.waiting} AND status_ms < ? ORDER BY status_ms LIMIT ?`,
      beforeMs,
      limit,
    );
  }

  private ids(sql: string, ...params: readonly number[]): readonly string[] {
    return this.views.all<{ id: number }>(sql, ...params).map(({ id }) => String(id));
  }
}
