import type { Projection } from '../projections/projection.js';
import type { ReadStore } from '../read-store/read-store.js';
import { totalsOf } from './outcome-totals.js';
import { SYNC_EVENT_STREAMS, syncEventIdOf, type SyncEventEvent } from './sync-event.events.js';

export interface OpenSyncEventRow {
  readonly id: string;
  readonly task_id: string;
  /** A JSON array of decoded keys. */
  readonly keys: string;
  readonly position: number;
}

/** What `sync_ledger` keeps per task; objects and bytes. */
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

/**
 * The ledger, and apart from it the events that are still open: what is pending is counted from the open events, not
 * derived from the sums, so that the balance is a check and not a tautology. One projection, so both stand at one position.
 */
export const syncLedgerProjection: Projection<SyncEventEvent> = {
  name: 'sync-ledger',
  version: 1,
  prefixes: [SYNC_EVENT_STREAMS],
  tables: {
    open_sync_events: `CREATE TABLE open_sync_events (
        id TEXT PRIMARY KEY, task_id TEXT NOT NULL, keys TEXT NOT NULL, objects INTEGER NOT NULL,
        position INTEGER NOT NULL) WITHOUT ROWID;
      CREATE INDEX open_sync_events_by_task ON open_sync_events (task_id, position)`,
    sync_ledger: `CREATE TABLE sync_ledger (
        task_id TEXT PRIMARY KEY, requested INTEGER NOT NULL DEFAULT 0,
        synced INTEGER NOT NULL DEFAULT 0, failed INTEGER NOT NULL DEFAULT 0, ignored INTEGER NOT NULL DEFAULT 0,
        synced_bytes INTEGER NOT NULL DEFAULT 0, failed_bytes INTEGER NOT NULL DEFAULT 0,
        ignored_bytes INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID`,
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
      views.run(
        `INSERT INTO sync_ledger (task_id, requested) VALUES (?, ?)
         ON CONFLICT (task_id) DO UPDATE SET requested = requested + excluded.requested`,
        data.syncTaskId,
        data.keys.length,
      );
    },
    SyncEventSettled: ({ stream, data }, views) => {
      views.run('DELETE FROM open_sync_events WHERE id = ?', syncEventIdOf(stream));
      const sums = totalsOf(data.outcomes);
      views.run(
        `UPDATE sync_ledger SET synced = synced + ?, failed = failed + ?, ignored = ignored + ?,
           synced_bytes = synced_bytes + ?, failed_bytes = failed_bytes + ?, ignored_bytes = ignored_bytes + ?
         WHERE task_id = ?`,
        sums.synced,
        sums.failed,
        sums.ignored,
        sums.synced_bytes,
        sums.failed_bytes,
        sums.ignored_bytes,
        data.syncTaskId,
      );
    },
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
