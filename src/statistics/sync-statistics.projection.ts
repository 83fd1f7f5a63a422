import type { Projection } from '../projections/projection.js';
import type { ReadStore } from '../read-store/read-store.js';
import { totalsOf, type OutcomeTotals } from '../sync-tasks/outcome-totals.js';
import { SYNC_EVENT_STREAMS, type SyncEventEvent } from '../sync-tasks/sync-event.events.js';
import { SYNC_TASK_STREAMS, type SyncTaskEvent } from '../sync-tasks/sync-task.events.js';

export const FIVE_MINUTES_MS = 300_000;
export const ONE_HOUR_MS = 3_600_000;
export const ONE_DAY_MS = 86_400_000;

/** A bucket of `sync_statistics`; `bucket_ms` is its beginning. Objects, and bytes by outcome. */
export interface StatisticsRow extends OutcomeTotals {
  readonly bucket_ms: number;
  readonly requested: number;
}

const bucketOf = (at: string): number => Math.floor(Date.parse(at) / FIVE_MINUTES_MS) * FIVE_MINUTES_MS;

const NO_OUTCOMES = totalsOf([]);

function add(views: ReadStore, syncTaskId: string, row: StatisticsRow): void {
  views.run(
    `INSERT INTO sync_statistics
       (task_id, bucket_ms, requested, synced, failed, ignored, synced_bytes, failed_bytes, ignored_bytes)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (task_id, bucket_ms) DO UPDATE SET requested = requested + excluded.requested,
       synced = synced + excluded.synced, failed = failed + excluded.failed, ignored = ignored + excluded.ignored,
       synced_bytes = synced_bytes + excluded.synced_bytes, failed_bytes = failed_bytes + excluded.failed_bytes,
       ignored_bytes = ignored_bytes + excluded.ignored_bytes`,
    syncTaskId,
    row.bucket_ms,
    row.requested,
    row.synced,
    row.failed,
    row.ignored,
    row.synced_bytes,
    row.failed_bytes,
    row.ignored_bytes,
  );
}

/** Five-minute buckets (UTC); hours and months are sums over them. Requests count when taken, outcomes when settled. */
export const syncStatisticsProjection: Projection<SyncEventEvent | SyncTaskEvent> = {
  name: 'sync-statistics',
  version: 1,
  prefixes: [SYNC_EVENT_STREAMS, SYNC_TASK_STREAMS],
  tables: {
    sync_statistics: `CREATE TABLE sync_statistics (
        task_id TEXT NOT NULL, bucket_ms INTEGER NOT NULL, requested INTEGER NOT NULL, synced INTEGER NOT NULL,
        failed INTEGER NOT NULL, ignored INTEGER NOT NULL, synced_bytes INTEGER NOT NULL,
        failed_bytes INTEGER NOT NULL, ignored_bytes INTEGER NOT NULL, PRIMARY KEY (task_id, bucket_ms)) WITHOUT ROWID`,
  },
  on: {
    SyncEventCreated: ({ data: { syncTaskId, keys, at } }, views) =>
      add(views, syncTaskId, { bucket_ms: bucketOf(at), requested: keys.length, ...NO_OUTCOMES }),
    SyncEventSettled: ({ data: { syncTaskId, outcomes, at } }, views) =>
      add(views, syncTaskId, { bucket_ms: bucketOf(at), requested: 0, ...totalsOf(outcomes) }),
    SyncLedgerClosed: ({ data: { syncTaskId, day, buckets } }, views) => {
      const startMs = Date.parse(day);
      views.run(
        'DELETE FROM sync_statistics WHERE task_id = ? AND bucket_ms >= ? AND bucket_ms < ?',
        syncTaskId,
        startMs,
        startMs + ONE_DAY_MS,
      );
      for (const bucket of buckets)
        add(views, syncTaskId, {
          bucket_ms: bucket.startMs,
          requested: bucket.requested,
          synced: bucket.synced,
          failed: bucket.failed,
          ignored: bucket.ignored,
          synced_bytes: bucket.syncedBytes,
          failed_bytes: bucket.failedBytes,
          ignored_bytes: bucket.ignoredBytes,
        });
    },
    SyncTaskCreated: () => undefined,
    SyncTaskStarted: () => undefined,
    SyncTaskStopped: () => undefined,
    SyncTaskDeleted: () => undefined,
  },
};
