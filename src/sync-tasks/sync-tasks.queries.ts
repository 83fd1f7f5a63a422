import { Injectable } from '@nestjs/common';
import { ReadStore } from '../read-store/read-store.js';
import { EMPTY_LEDGER, type LedgerRow } from './sync-ledger.projection.js';
import type { SyncTaskRow } from './sync-task-view.projection.js';

export interface SyncTaskPage {
  readonly rows: readonly SyncTaskRow[];
  /** All matches, regardless of paging. */
  readonly count: number;
}

export interface SyncLedger {
  readonly row: LedgerRow;
  /** Objects of events that are created and not settled, counted from the open events themselves. */
  readonly pending: number;
  /** Log position at which all of this is true; undefined before the first event. */
  readonly position: string | undefined;
}

const SUMS = `SUM(requested) requested, SUM(synced) synced, SUM(failed) failed, SUM(ignored) ignored,
  SUM(synced_bytes) synced_bytes, SUM(failed_bytes) failed_bytes, SUM(ignored_bytes) ignored_bytes`;

/** True when every requested object is accounted for. */
export const balances = ({ row, pending }: SyncLedger): boolean =>
  row.requested === row.synced + row.failed + row.ignored + pending;

/** Answers from this node's views of sync tasks. Tasks of other projects are unknown. */
@Injectable()
export class SyncTaskQueries {
  constructor(private readonly views: ReadStore) {}

  /** Undefined when this node's view shows no such task in this project. */
  find(projectId: string, syncTaskId: string): SyncTaskRow | undefined {
    const row = this.views.get<SyncTaskRow>('SELECT * FROM sync_tasks WHERE id = ?', syncTaskId);
    return row?.project_id === projectId ? row : undefined;
  }

  /** Newest first. */
  list(projectId: string, page: { limit: number; offset: number; status?: string | undefined }): SyncTaskPage {
    const status = page.status ?? null;
    const rows = this.views.all<SyncTaskRow>(
      `SELECT * FROM sync_tasks WHERE project_id = ? AND (? IS NULL OR status = ?)
       ORDER BY created_ms DESC, id DESC LIMIT ? OFFSET ?`,
      projectId,
      status,
      status,
      page.limit,
      page.offset,
    );
    return { rows, count: this.count(projectId, status) };
  }

  /** How many sync tasks a project has. */
  count(projectId: string, status: string | null = null): number {
    const row = this.views.get<{ n: number }>(
      'SELECT COUNT(*) n FROM sync_tasks WHERE project_id = ? AND (? IS NULL OR status = ?)',
      projectId,
      status,
      status,
    );
    return row?.n ?? 0;
  }

  ledger(syncTaskId: string): SyncLedger {
    return this.views.transaction(() => {
      const row = this.views.get<LedgerRow>(
        `SELECT task_id, ${SUMS} FROM sync_ledger_days WHERE task_id = ? GROUP BY task_id`,
        syncTaskId,
      );
      const open = this.views.get<{ n: number }>(
        'SELECT COALESCE(SUM(objects), 0) n FROM open_sync_events WHERE task_id = ?',
        syncTaskId,
      );
      const checkpoint = this.views.get<{ position: string | null }>(
        "SELECT position FROM projection_checkpoints WHERE name = 'sync-ledger'",
      );
      return {
        row: row ?? { task_id: syncTaskId, ...EMPTY_LEDGER },
        pending: open?.n ?? 0,
        position: checkpoint?.position ?? undefined,
      };
    });
  }

  /** Over all tasks: how many ledgers do not balance (0 or something is wrong), and what they add up to. */
  totals(): {
    unbalanced: number;
    pending: number;
    requested: number;
    synced: number;
    failed: number;
    ignored: number;
  } {
    const row = this.views.get<ReturnType<SyncTaskQueries['totals']>>(
      `WITH pending AS (SELECT task_id, SUM(objects) n FROM open_sync_events GROUP BY task_id),
         ledger AS (SELECT task_id, ${SUMS} FROM sync_ledger_days GROUP BY task_id)
       SELECT COALESCE(SUM(requested), 0) requested, COALESCE(SUM(synced), 0) synced, COALESCE(SUM(failed), 0) failed,
         COALESCE(SUM(ignored), 0) ignored, COALESCE(SUM(pending.n), 0) pending,
         COALESCE(SUM(requested <> synced + failed + ignored + COALESCE(pending.n, 0)), 0) unbalanced
       FROM ledger LEFT JOIN pending USING (task_id)`,
    );
    return row ?? { unbalanced: 0, pending: 0, requested: 0, synced: 0, failed: 0, ignored: 0 };
  }
}
