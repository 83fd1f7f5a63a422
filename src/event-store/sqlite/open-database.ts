import Database from 'better-sqlite3';
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { EventStoreUnavailable } from '../event-store.port.js';

/** "OMSE": the mark by which a file is known to be one of ours. */
const APPLICATION_ID = 0x4f4d5345;
const SCHEMA_VERSION = 1;
/** How long a write waits for a stranger at the file, such as a backup; the process stands still meanwhile. */
export const BUSY_MS = 500;

/**
 * Ids are small integers and event types are interned, so that a row costs little more than its JSON. One index beside
 * the keys: within a stream the order of positions is the order of revisions, so (stream, id) serves both the reading of
 * a stream and the recognition of repeated ids, and new streams always add at its end.
 * `log` remembers the last position given out where rows may be gone: no position is ever used again.
 */
const SCHEMA = `
  CREATE TABLE log (id INTEGER PRIMARY KEY CHECK (id = 1), last_position INTEGER NOT NULL);
  INSERT INTO log VALUES (1, 0);
  CREATE TABLE streams (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,
    next INTEGER NOT NULL, base INTEGER NOT NULL DEFAULT 0, max_age_ms INTEGER
  );
  CREATE INDEX streams_max_age ON streams (max_age_ms) WHERE max_age_ms IS NOT NULL;
  CREATE TABLE kinds (id INTEGER PRIMARY KEY, category TEXT NOT NULL, type TEXT NOT NULL, UNIQUE (category, type));
  CREATE TABLE events (
    position INTEGER PRIMARY KEY, stream INTEGER NOT NULL, revision INTEGER NOT NULL, kind INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL, id BLOB NOT NULL, data TEXT NOT NULL, metadata TEXT NOT NULL
  );
  CREATE UNIQUE INDEX events_by_stream ON events (stream, id);
`;

/** A database and the lock that keeps other processes out of it. */
export interface OpenDatabase {
  readonly db: Database.Database;
  readonly lock: Database.Database;
}

/** Opens or creates the file. Throws `EventStoreUnavailable` with the reason when it must not be used. */
export function openDatabase(file: string): OpenDatabase {
  mkdirSync(dirname(file), { recursive: true });
  const lock = takeLock(file);
  let db: Database.Database | undefined;
  try {
    db = new Database(file, { timeout: BUSY_MS });
    prepare(db, file);
    return { db, lock };
  } catch (error) {
    db?.close();
    lock.close();
    if (error instanceof EventStoreUnavailable) throw error;
    throw new EventStoreUnavailable(`The event store ${file} cannot be opened`, { cause: error });
  }
}

/**
 * Live subscriptions are woken by commits of their own process, so a second process on the same file must not start.
 * The lock is SQLite's own on a file beside it: the operating system lets go of it however the process ends.
 */
function takeLock(file: string): Database.Database {
  const lock = new Database(`${file}.lock`, { timeout: 0 });
  try {
    lock.exec('BEGIN EXCLUSIVE');
    return lock;
  } catch (error) {
    lock.close();
    throw new EventStoreUnavailable(`The event store ${file} is in use by another process`, { cause: error });
  }
}

function prepare(db: Database.Database, file: string): void {
  const version = db.pragma('user_version', { simple: true });
  const application = db.pragma('application_id', { simple: true });
  const empty = db.prepare<[], number>('SELECT count(*) FROM sqlite_schema').pluck().get() === 0;
  if (!empty && application !== APPLICATION_ID)
    throw new EventStoreUnavailable(`${file} is not an event store of OpenOMS`);
  if (!empty && version !== SCHEMA_VERSION)
    throw new EventStoreUnavailable(
      `The event store ${file} has schema version ${String(version)}; this release reads version ${SCHEMA_VERSION}`,
    );
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = FULL');
  db.pragma('secure_delete = ON');
  db.pragma('cache_size = -65536');
  db.pragma('wal_autocheckpoint = 4000');
  if (empty)
    db.transaction(() => {
      db.exec(SCHEMA);
      db.pragma(`application_id = ${APPLICATION_ID}`);
      db.pragma(`user_version = ${SCHEMA_VERSION}`);
    }).immediate();
}
