import type { Projection } from '../projections/projection.js';
import type { ReadStore } from '../read-store/read-store.js';
import { totalsOf } from '../sync-tasks/outcome-totals.js';
import { SYNC_EVENT_STREAMS, type SyncEventEvent } from '../sync-tasks/sync-event.events.js';

export const FIVE_MINUTES_MS = 300_000;
export const ONE_HOUR_MS = 3_600_000;

/** A bucket of `sync_statistics`; `bucket_ms` is its beginning. Objects, and bytes synchronized. */
export interface StatisticsRow {
  readonly bucket_ms: number;
  readonly requested: number;
  readonly synced: number;
  readonly failed: number;
  readonly ignored: number;
  readonly bytes: number;
}

const bucketOf = (at: string): number => Math.floor(Date.parse(at) / FIVE_MINUTES_MS) * FIVE_MINUTES_MS;

const add = (views: ReadStore, syncTaskId: string, row: StatisticsRow) =>
  views.run(
    `INSERT INTO sync_statistics (task_id, bucket_ms, requested, synced, failed, ignored, bytes) VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (task_id, bucket_ms) DO UPDATE SET requested = requested + excluded.requested,
       synced = synced + excluded.synced, failed = failed + excluded.failed, ignored = ignored + excluded.ignored,
       bytes = bytes + excluded.bytes`,
    syncTaskId,
    row.bucket_ms,
    row.requested,
    row.synced,
    row.failed,
    row.ignored,
    row.bytes,
  );

/** Five-minute buckets (UTC); hours and months are sums over them. Requests count when taken, outcomes when settled. */
export const syncStatisticsProjection: Projection<SyncEventEvent> = {
  name: 'sync-statistics',
  version: 1,
  prefixes: [SYNC_EVENT_STREAMS],
  tables: {
    sync_statistics: `CREATE TABLE sync_statistics (
        task_id TEXT NOT NULL, bucket_ms INTEGER NOT NULL, requested INTEGER NOT NULL, synced INTEGER NOT NULL,
        failed INTEGER NOT NULL, ignored INTEGER NOT NULL, bytes INTEGER NOT NULL,
        PRIMARY KEY (task_id, bucket_ms)) WITHOUT ROWID`,
  },
  on: {
    SyncEventCreated: ({ data }, views) =>
      add(views, data.syncTaskId, {
        bucket_ms: bucketOf(data.at),
        requested: data.keys.length,
        synced: 0,
        failed: 0,
        ignored: 0,
        bytes: 0,
      }),
    SyncEventSettled: ({ data }, views) => {
      const { synced, failed, ignored, synced_bytes } = totalsOf(data.outcomes);
      add(views, data.syncTaskId, {
        bucket_ms: bucketOf(data.at),
        requested: 0,
        synced,
        failed,
        ignored,
        bytes: synced_bytes,
      });
    },
  },
};
