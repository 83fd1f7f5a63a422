import type { Projection } from '../projections/projection.js';
import { SYNC_TASK_STREAMS, type SyncTaskEvent, type SyncTaskSettings } from './sync-task.events.js';

/** A row of `sync_tasks`. Times in milliseconds since the epoch. */
export interface SyncTaskRow {
  readonly id: string;
  readonly project_id: string;
  readonly status: 'SYNCHRONIZING' | 'STOPPED';
  readonly created_ms: number;
  readonly started_ms: number;
  /** `SyncTaskSettings` as JSON. */
  readonly settings: string;
}

export const settingsOf = (row: SyncTaskRow): SyncTaskSettings => JSON.parse(row.settings) as SyncTaskSettings;

/** The sync tasks that exist, for show, list and the webhook's check. */
export const syncTaskViewProjection: Projection<SyncTaskEvent> = {
  name: 'sync-tasks',
  version: 1,
  prefixes: [SYNC_TASK_STREAMS],
  tables: {
    sync_tasks: `CREATE TABLE sync_tasks (
        id TEXT PRIMARY KEY, project_id TEXT NOT NULL, status TEXT NOT NULL,
        created_ms INTEGER NOT NULL, started_ms INTEGER NOT NULL, settings TEXT NOT NULL) WITHOUT ROWID;
      CREATE INDEX sync_tasks_by_project ON sync_tasks (project_id, created_ms DESC, id DESC)`,
  },
  on: {
    SyncTaskCreated: ({ data }, views) => {
      const at = Date.parse(data.at);
      views.run(
        'INSERT INTO sync_tasks (id, project_id, status, created_ms, started_ms, settings) VALUES (?, ?, ?, ?, ?, ?)',
        data.syncTaskId,
        data.projectId,
        'SYNCHRONIZING',
        at,
        at,
        JSON.stringify(data.settings),
      );
    },
    SyncTaskStarted: ({ data }, views) =>
      views.run(
        'UPDATE sync_tasks SET status = ?, started_ms = ? WHERE id = ?',
        'SYNCHRONIZING',
        Date.parse(data.at),
        data.syncTaskId,
      ),
    SyncTaskStopped: ({ data }, views) =>
      views.run('UPDATE sync_tasks SET status = ? WHERE id = ?', 'STOPPED', data.syncTaskId),
    SyncTaskDeleted: ({ data }, views) => views.run('DELETE FROM sync_tasks WHERE id = ?', data.syncTaskId),
    SyncLedgerClosed: () => undefined,
  },
};
