import type { Clock } from '../../kernel/clock.js';
import type { DomainEvent } from '../../kernel/domain-event.js';
import type { ChunkedLog, LogChunk } from '../chunked-log.js';
import { CommitSignal } from '../commit-signal.js';
import { EventStoreUnavailable } from '../event-store.port.js';
import type { ExpectedRevision, StreamSlice } from '../event-store.port.js';
import type { Place } from '../expectation.js';
import type { EventSchemas } from '../upcast.js';
import type { EncodedEvent } from './codec.js';
import { Expiry } from './expiry.js';
import type { Transactions } from './group-commit.js';
import { Kinds } from './kinds.js';
import { BUSY_MS, openDatabase } from './open-database.js';
import type { OpenDatabase } from './open-database.js';
import { SqliteReader } from './sqlite-reader.js';
import { SqliteWriter } from './sqlite-writer.js';

/** The open file with its readers and writers, synchronous. What it answers is what is committed. */
export class SqliteLog implements ChunkedLog, Transactions {
  readonly commits = new CommitSignal();
  private readonly writer: SqliteWriter;
  private readonly reader: SqliteReader;
  private readonly expiry: Expiry;
  private committedHead: number;
  private removed = false;

  private constructor(
    private readonly files: OpenDatabase,
    private readonly clock: Clock,
    schemas: EventSchemas,
  ) {
    const { db } = files;
    const kinds = new Kinds(db);
    this.writer = new SqliteWriter(db, kinds, clock);
    this.reader = new SqliteReader(db, kinds, clock, schemas);
    this.expiry = new Expiry(db);
    this.committedHead = this.writer.lastPosition;
  }

  static open(file: string, clock: Clock, schemas: EventSchemas): SqliteLog {
    return new SqliteLog(openDatabase(file), clock, schemas);
  }

  get head(): number {
    return this.committedHead;
  }

  assertOpen(): void {
    if (!this.files.db.open) throw new EventStoreUnavailable('The event store is closed');
  }

  read<E extends DomainEvent>(stream: string): StreamSlice<E> {
    return this.reading(() => this.reader.read<E>(stream));
  }

  chunk(after: number, prefixes: readonly string[]): LogChunk {
    return this.reading(() => this.reader.chunk(after, this.committedHead, prefixes));
  }

  append(stream: string, expected: ExpectedRevision, events: readonly EncodedEvent[]): Place {
    return this.writer.append(stream, expected, events);
  }

  setMaxAge(stream: string, seconds: number): void {
    this.writer.setMaxAge(stream, seconds);
  }

  delete(stream: string): void {
    if (this.writer.delete(stream)) this.removed = true;
  }

  get hasExpiringStreams(): boolean {
    return this.expiry.isNeeded;
  }

  removeExpired(): number {
    this.writer.rememberPosition();
    return this.expiry.pass(this.clock.now().getTime());
  }

  begin(): void {
    this.writer.begin();
  }

  commit(): void {
    this.writer.commit();
  }

  rollback(): void {
    this.removed = false;
    this.writer.rollback();
    this.committedHead = this.writer.lastPosition;
  }

  committed(): void {
    this.committedHead = this.writer.lastPosition;
    this.tidy();
    this.commits.notify();
  }

  /** Finishes what a deletion left behind; called after commits and now and then. */
  tidy(): void {
    if (this.removed) this.dropOldPages();
  }

  close(): void {
    this.commits.close();
    this.files.db.close();
    this.files.lock.close();
  }

  /**
   * Pages as they were before a deletion may still stand in the write-ahead log; a checkpoint empties it. Does not wait
   * for strangers who read the file, nor fail the commit that has succeeded: `tidy` tries again.
   */
  private dropOldPages(): void {
    const { db } = this.files;
    try {
      db.pragma('busy_timeout = 0');
      this.removed = db.pragma('wal_checkpoint(TRUNCATE)', { simple: true }) !== 0;
    } catch {
      this.removed = true;
    } finally {
      db.pragma(`busy_timeout = ${BUSY_MS}`);
    }
  }

  /** Damaged files and broken disks are the store being out of reach, not a bug of the reader. */
  private reading<T>(read: () => T): T {
    this.assertOpen();
    try {
      return read();
    } catch (error) {
      if (isSqliteError(error)) throw new EventStoreUnavailable('The event store cannot be read', { cause: error });
      throw error;
    }
  }
}

const isSqliteError = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && 'name' in error && error.name === 'SqliteError';
