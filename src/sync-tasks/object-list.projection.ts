import type { RecordedEvent } from '../event-store/event-store.port.js';
import type { Projection } from '../projections/projection.js';
import type { ReadStore } from '../read-store/read-store.js';
import { SYNC_TASK_LIST_STREAMS, type ObjectListKind, type ObjectListRecorded } from './object-list.events.js';
import { listLinesOf } from './object-list-lines.js';
import { SYNC_EVENT_STREAMS, type SyncEventEvent } from './sync-event.events.js';

export interface ListLineRow {
  readonly position: number;
  readonly at: string;
  readonly text: string;
}

/** Lines of one kind of one task that no recorded file holds yet. */
export interface PendingListRow {
  readonly task_id: string;
  readonly kind: ObjectListKind;
  readonly lines: number;
  /** When the list last grew from empty or was last cut: how long lines may have waited. */
  readonly since_ms: number;
}

function addLines(event: RecordedEvent<SyncEventEvent>, views: ReadStore): void {
  const { syncTaskId, at } = event.data;
  const added = new Map<ObjectListKind, number>();
  for (const [seq, { kind, text }] of listLinesOf(event).entries()) {
    views.run(
      'INSERT INTO object_list_lines (task_id, kind, position, seq, at, text) VALUES (?, ?, ?, ?, ?, ?)',
      syncTaskId,
      kind,
      Number(event.position),
      seq,
      at,
      text,
    );
    added.set(kind, (added.get(kind) ?? 0) + 1);
  }
  for (const [kind, lines] of added)
    views.run(
      `INSERT INTO pending_object_lists (task_id, kind, lines, since_ms) VALUES (?, ?, ?, ?)
       ON CONFLICT (task_id, kind) DO UPDATE SET
         since_ms = CASE lines WHEN 0 THEN excluded.since_ms ELSE since_ms END, lines = lines + excluded.lines`,
      syncTaskId,
      kind,
      lines,
      Date.parse(at),
    );
}

/** Lines wait here until a file holds them; then only the record of the file stays. */
export const objectListProjection: Projection<SyncEventEvent | ObjectListRecorded> = {
  name: 'object-lists',
  version: 1,
  prefixes: [SYNC_EVENT_STREAMS, SYNC_TASK_LIST_STREAMS],
  tables: {
    object_list_lines: `CREATE TABLE object_list_lines (
        task_id TEXT NOT NULL, kind TEXT NOT NULL, position INTEGER NOT NULL, seq INTEGER NOT NULL,
        at TEXT NOT NULL, text TEXT NOT NULL, PRIMARY KEY (task_id, kind, position, seq)) WITHOUT ROWID`,
    pending_object_lists: `CREATE TABLE pending_object_lists (
        task_id TEXT NOT NULL, kind TEXT NOT NULL, lines INTEGER NOT NULL, since_ms INTEGER NOT NULL,
        PRIMARY KEY (task_id, kind)) WITHOUT ROWID`,
    object_list_files: `CREATE TABLE object_list_files (
        task_id TEXT NOT NULL, kind TEXT NOT NULL, from_position INTEGER NOT NULL, to_position INTEGER NOT NULL,
        key TEXT NOT NULL, lines INTEGER NOT NULL, bytes INTEGER NOT NULL, sha256 TEXT NOT NULL, at TEXT NOT NULL,
        PRIMARY KEY (task_id, kind, from_position)) WITHOUT ROWID`,
  },
  on: {
    SyncEventCreated: addLines,
    SyncEventSettled: addLines,
    ObjectListRecorded: ({ data }, views) => {
      views.run(
        `INSERT INTO object_list_files (task_id, kind, from_position, to_position, key, lines, bytes, sha256, at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        data.syncTaskId,
        data.kind,
        Number(data.fromPosition),
        Number(data.toPosition),
        data.key,
        data.lines,
        data.bytes,
        data.sha256,
        data.at,
      );
      views.run(
        'DELETE FROM object_list_lines WHERE task_id = ? AND kind = ? AND position <= ?',
        data.syncTaskId,
        data.kind,
        Number(data.toPosition),
      );
      views.run(
        // Counted, not subtracted: in a rebuild, lines of expired events never came.
        `UPDATE pending_object_lists SET since_ms = ?, lines = (
           SELECT COUNT(*) FROM object_list_lines lines
           WHERE lines.task_id = pending_object_lists.task_id AND lines.kind = pending_object_lists.kind)
         WHERE task_id = ? AND kind = ?`,
        Date.parse(data.at),
        data.syncTaskId,
        data.kind,
      );
    },
  },
};
