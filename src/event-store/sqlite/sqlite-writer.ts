import type Database from 'better-sqlite3';
import type { Clock } from '../../kernel/clock.js';
import type { ExpectedRevision } from '../event-store.port.js';
import { judgeAppend, NO_STREAM } from '../expectation.js';
import type { Place } from '../expectation.js';
import type { EncodedEvent } from './codec.js';
import type { Kinds } from './kinds.js';

interface StreamRow {
  readonly id: number;
  readonly next: number;
  readonly base: number;
}

type EventValues = [number, number, number, number, number, Buffer, string, string];

/** All writing of the file. Every method runs inside a transaction that someone else began and will commit. */
export class SqliteWriter {
  private readonly begins: Database.Statement<[]>;
  private readonly commits: Database.Statement<[]>;
  private readonly selectStream: Database.Statement<[string], StreamRow>;
  private readonly insertStream: Database.Statement<[string, number]>;
  private readonly updateNext: Database.Statement<[number, number]>;
  private readonly insertEvent: Database.Statement<EventValues>;
  private readonly selectPlace: Database.Statement<[number, Buffer], Place>;
  private readonly upsertMaxAge: Database.Statement<[string, number]>;
  private readonly deleteEvents: Database.Statement<[number]>;
  private readonly forgetStream: Database.Statement<[number]>;
  private readonly keepPosition: Database.Statement<[number]>;
  private readonly selectHead: Database.Statement<[], number>;
  private position: number;
  private recordedAt = 0;

  constructor(
    private readonly db: Database.Database,
    private readonly kinds: Kinds,
    private readonly clock: Clock,
  ) {
    this.begins = db.prepare('BEGIN IMMEDIATE');
    this.commits = db.prepare('COMMIT');
    this.selectStream = db.prepare('SELECT id, next, base FROM streams WHERE name = ?');
    this.insertStream = db.prepare('INSERT INTO streams (name, next) VALUES (?, ?) ON CONFLICT DO NOTHING');
    this.updateNext = db.prepare('UPDATE streams SET next = ? WHERE id = ?');
    this.insertEvent = db.prepare('INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?)');
    this.selectPlace = db.prepare('SELECT revision, position FROM events WHERE stream = ? AND id = ?');
    this.upsertMaxAge = db.prepare(
      'INSERT INTO streams (name, next, max_age_ms) VALUES (?, 0, ?) ON CONFLICT DO UPDATE SET max_age_ms = excluded.max_age_ms',
    );
    this.deleteEvents = db.prepare('DELETE FROM events WHERE stream = ?');
    this.forgetStream = db.prepare('UPDATE streams SET base = next, max_age_ms = NULL WHERE id = ?');
    this.keepPosition = db.prepare('UPDATE log SET last_position = ?');
    this.selectHead = db
      .prepare<[], number>('SELECT max(last_position, (SELECT coalesce(max(position), 0) FROM events)) FROM log')
      .pluck();
    this.position = this.selectHead.get() ?? 0;
  }

  /** The last position given out; durable only after the commit. */
  get lastPosition(): number {
    return this.position;
  }

  begin(): void {
    this.begins.run();
    this.recordedAt = this.clock.now().getTime();
  }

  commit(): void {
    this.commits.run();
  }

  /** Forgets everything since `begin`, in the file and in memory. */
  rollback(): void {
    if (this.db.inTransaction) this.db.exec('ROLLBACK');
    this.kinds.reload();
    this.position = this.selectHead.get() ?? 0;
  }

  /** Throws `WrongRevision` or `EventIdTaken` before anything is written. */
  append(name: string, expected: ExpectedRevision, events: readonly EncodedEvent[]): Place {
    if (expected === 'no-stream') {
      const created = this.insertStream.run(name, events.length);
      if (created.changes === 1) return this.insert(Number(created.lastInsertRowid), 0, name, events);
    }
    const stream = this.selectStream.get(name);
    const places = stream ? events.map(({ id }) => this.selectPlace.get(stream.id, id)) : [];
    const repeat = judgeAppend(name, expected, stream ?? NO_STREAM, places);
    if (repeat) return repeat;
    if (!stream)
      return this.insert(Number(this.insertStream.run(name, events.length).lastInsertRowid), 0, name, events);
    this.updateNext.run(stream.next + events.length, stream.id);
    return this.insert(stream.id, stream.next, name, events);
  }

  setMaxAge(name: string, seconds: number): void {
    this.upsertMaxAge.run(name, seconds * 1000);
  }

  /** True when there was something to delete. The row of the stream stays: its revisions go on where they ended. */
  delete(name: string): boolean {
    const stream = this.selectStream.get(name);
    if (!stream) return false;
    this.rememberPosition();
    this.deleteEvents.run(stream.id);
    this.forgetStream.run(stream.id);
    return true;
  }

  /** Called wherever rows go, since the highest position may go with them and must not be given out again. */
  rememberPosition(): void {
    this.keepPosition.run(this.position);
  }

  private insert(stream: number, revision: number, name: string, events: readonly EncodedEvent[]): Place {
    for (const { id, type, data, metadata } of events) {
      const kind = this.kinds.idOf(name, type);
      this.insertEvent.run(++this.position, stream, revision++, kind, this.recordedAt, id, data, metadata);
    }
    return { revision: revision - 1, position: this.position };
  }
}
