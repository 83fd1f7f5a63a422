import type { Projection } from '../projections/projection.js';
import type { ReadStore } from '../read-store/read-store.js';
import { totalsOf } from './outcome-totals.js';
import { SYNC_EVENT_STREAMS, syncEventIdOf, type SyncEventEvent } from './sync-event.events.js';
import { SYNC_TASK_STREAMS, type SyncTaskEvent } from './sync-task.events.js';

export interface OpenSyncEventRow {
  readonly id: string;
  readonly task_id: string;
  /** A JSON array of decoded keys. */
  readonly keys: string;
  readonly position: number;
}

/** What the ledger says of a task; objects and bytes. */
export interface LedgerRow {
  readonly task_id: string;
  readonly requested: number;
  readonly synced: number;
  readonly failed: number;
  readonly ignored: number;
  readonly synced_bytes: number;
  readonly failed_bytes: number;
  readonly ignored_bytes: number;
}

export const EMPTY_LEDGER: Omit<LedgerRow, 'task_id'> = {
  requested: 0,
  synced: 0,
  failed: 0,
  ignored: 0,
  synced_bytes: 0,
  failed_bytes: 0,
  ignored_bytes: 0,
};

const dayOf = (at: string): string => at.slice(0, 10);

function add(views: ReadStore, day: string, row: LedgerRow): void {
  views.run(
    `INSERT INTO sync_ledger_days (task_id, day, requested, synced, failed, ignored, synced_bytes, failed_bytes, ignored_bytes)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (task_id, day) DO UPDATE SET requested = requested + excluded.requested,
       synced = synced + excluded.synced, failed = failed + excluded.failed, ignored = ignored + excluded.ignored,
       synced_bytes = synced_bytes + excluded.synced_bytes, failed_bytes = failed_bytes + excluded.failed_bytes,
       ignored_bytes = ignored_bytes + excluded.ignored_bytes`,
    row.task_id,
    day,
    row.requested,
    row.synced,
    row.failed,
    row.ignored,
    row.synced_bytes,
    row.failed_bytes,
    row.ignored_bytes,
  );
}

/**
 * The ledger, and apart from it the events that are still open: what is pending is counted from the open events, not
 * derived from the sums, so that the balance is a check and not a tautology. One projection, so both stand at one position.
 * The ledger is kept by day, so that the closing figures of a day can take the place of events that have expired.
 */
export const syncLedgerProjection: Projection<SyncEventEvent | SyncTaskEvent> = {
  name: 'sync-ledger',
  version: 1,
  prefixes: [SYNC_EVENT_STREAMS, SYNC_TASK_STREAMS],
  tables: {
    open_sync_events: `CREATE TABLE open_sync_events (
        id TEXT PRIMARY KEY, task_id TEXT NOT NULL, keys TEXT NOT NULL, objects INTEGER NOT NULL,
        position INTEGER NOT NULL) WITHOUT ROWID;
      CREATE INDEX open_sync_events_by_task ON open_sync_events (task_id, position)`,
    sync_ledger_days: `CREATE TABLE sync_ledger_days (
        task_id TEXT NOT NULL, day TEXT NOT NULL, requested INTEGER NOT NULL,
        synced INTEGER NOT NULL, failed INTEGER NOT NULL, ignored INTEGER NOT NULL,
        synced_bytes INTEGER NOT NULL, failed_bytes INTEGER NOT NULL, ignored_bytes INTEGER NOT NULL,
        PRIMARY KEY (task_id, day)) WITHOUT ROWID`,
  },
  on: {
    SyncEventCreated: ({ stream, position, data }, views) => {
      views.run(
        'INSERT INTO open_sync_events (id, task_id, keys, objects, position) VALUES (?, ?, ?, ?, ?)',
        syncEventIdOf(stream),
        data.syncTaskId,
        JSON.stringify(data.keys),
        data.keys.length,
        Number(position),
      );
      add(views, dayOf(data.at), { ...EMPTY_LEDGER, task_id: data.syncTaskId, requested: data.keys.length });
    },
    SyncEventSettled: ({ stream, data }, views) => {
      views.run('DELETE FROM open_sync_events WHERE id = ?', syncEventIdOf(stream));
      add(views, dayOf(data.at), { task_id: data.syncTaskId, requested: 0, ...totalsOf(data.outcomes) });
    },
    SyncLedgerClosed: ({ data }, views) => {
      views.run('DELETE FROM sync_ledger_days WHERE task_id = ? AND day = ?', data.syncTaskId, data.day);
      for (const bucket of data.buckets)
        add(views, data.day, {
          task_id: data.syncTaskId,
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

/** The oldest open events of a task after `afterPosition`, at most `limit`. */
export const openSyncEvents = (views: ReadStore, syncTaskId: string, afterPosition: number, limit: number) =>
  views.all<OpenSyncEventRow>(
    `SELECT id, task_id, keys, position FROM open_sync_events
     WHERE task_id = ? AND position > ? ORDER BY position LIMIT ?`,
    syncTaskId,
    afterPosition,
    limit,
  );
