import Database from 'better-sqlite3';
import { rmSync } from 'node:fs';
import { QueueUnavailable, type DeadLetter } from '../queue.port.js';
import type { Load } from '../unsettled-load.js';
import type { LetterRecord } from './records.js';

const VERSION = 1;
const SCHEMA = `
  CREATE TABLE letters (
    dead_offset INTEGER PRIMARY KEY, letter_key TEXT NOT NULL UNIQUE, truncated INTEGER NOT NULL,
    partition INTEGER NOT NULL, offset INTEGER NOT NULL, weight INTEGER NOT NULL, id TEXT NOT NULL, key TEXT NOT NULL,
    headers TEXT NOT NULL, published_at TEXT NOT NULL, reason TEXT NOT NULL, cause TEXT NOT NULL, dead_at TEXT NOT NULL,
    body BLOB NOT NULL);
  CREATE INDEX letters_by_source ON letters (partition, offset);
  CREATE TABLE progress (
    one INTEGER PRIMARY KEY CHECK (one = 1), topic TEXT NOT NULL, next INTEGER NOT NULL, seen INTEGER, seen_at TEXT);
  PRAGMA user_version = ${VERSION};`;

interface Row {
  readonly dead_offset: number;
  readonly letter_key: string;
  readonly truncated: number;
  readonly partition: number;
  readonly offset: number;
  readonly weight: number;
  readonly id: string;
  readonly key: string;
  readonly headers: string;
  readonly published_at: string;
  readonly reason: string;
  readonly cause: string;
  readonly dead_at: string;
  readonly body: Buffer;
}

export type IndexedLetter = DeadLetter & { readonly deadOffset: bigint };

/** A record of the dead-letter topic: a letter, the end of one, or something that is not ours. */
export interface LogEntry {
  readonly offset: bigint;
  readonly timestamp: string;
  readonly record: LetterRecord | undefined;
  readonly removes: string | undefined;
}

const letterOf = (row: Row): IndexedLetter => ({
  deadOffset: BigInt(row.dead_offset),
  partition: row.partition,
  offset: BigInt(row.offset),
  weight: row.weight,
  id: row.id,
  key: row.key,
  headers: JSON.parse(row.headers) as Record<string, string>,
  publishedAt: row.published_at,
  reason: row.reason,
  cause: row.cause,
  deadAt: row.dead_at,
  body: row.body,
});

/**
 * The dead letters that their topic holds, in a SQLite file of this process. The topic is the truth: the file may be missing or old,
 * and is filled again from there.
 */
export class DeadLetterIndex {
  /** The first offset of the topic that is not in here. */
  next: bigint;
  /** How many letters there are. */
  count: number;
  private readonly selectKey: Database.Statement;
  private readonly inTransaction: Database.Transaction<(work: () => void) => void>;

  private constructor(
    private readonly db: Database.Database,
    private readonly topic: string,
  ) {
    this.selectKey = db.prepare('SELECT 1 FROM letters WHERE letter_key = ?');
    this.inTransaction = db.transaction((work: () => void) => work());
    const held = db.prepare<[], { topic: string; next: number }>('SELECT topic, next FROM progress').get();
    this.next = BigInt(held?.next ?? 0);
    this.count = this.countAll();
    if (held?.topic !== topic) this.clear();
  }

  /** Opens the file, anew when it is damaged or of another version. Throws `QueueUnavailable` when that cannot be. */
  static open(file: string, topic: string): DeadLetterIndex {
    try {
      return new DeadLetterIndex(openFile(file), topic);
    } catch (error) {
      const why = codeOf(error).startsWith('SQLITE_BUSY') ? 'is in use by another process' : 'cannot be opened';
      throw new QueueUnavailable(`The index of dead letters ${file} ${why}`, { cause: error });
    }
  }

  /** The newest record that is in here; undefined before the first. */
  get newestSeen(): { readonly offset: bigint; readonly timestamp: string } | undefined {
    const sql = 'SELECT seen, seen_at FROM progress';
    const row = this.db.prepare<[], { seen: number | null; seen_at: string }>(sql).get();
    return row && row.seen !== null ? { offset: BigInt(row.seen), timestamp: row.seen_at } : undefined;
  }

  /** Takes records of the topic over, in order; those that are in here already change nothing. */
  apply(entries: readonly LogEntry[], next: bigint): void {
    try {
      this.applyAll(entries, next);
    } catch (error) {
      this.count = this.countAll();
      throw error;
    }
  }

  /** Puts a letter in that this process has just written, ahead of the topic's order. */
  add(deadOffset: bigint, record: LetterRecord): void {
    if (deadOffset < this.next) return; // it was here, and may have been removed again
    this.put(deadOffset, record);
  }

  remove(deadOffset: bigint): void {
    this.delete('dead_offset = ?', Number(deadOffset));
  }

  /** Forgets what the topic itself has let go. */
  removeBefore(low: bigint): void {
    if (this.count > 0) this.delete('dead_offset < ?', Number(low));
  }

  /** Forgets everything: it is read from the topic again. */
  clear(): void {
    this.inTransaction(() => {
      this.db.exec('DELETE FROM letters; DELETE FROM progress;');
      this.db.prepare('INSERT INTO progress VALUES (1, ?, 0, NULL, NULL)').run(this.topic);
    });
    this.next = 0n;
    this.count = 0;
  }

  list(limit: number, after: bigint): IndexedLetter[] {
    const sql = 'SELECT * FROM letters WHERE dead_offset > ? ORDER BY dead_offset LIMIT ?';
    return this.db.prepare<[number, number], Row>(sql).all(Number(after), limit).map(letterOf);
  }

  /** The letter at this offset, whether it is whole, and the key of its record. */
  find(deadOffset: bigint): { letter: IndexedLetter; recordKey: string; truncated: boolean } | undefined {
    const row = this.db.prepare<[number], Row>('SELECT * FROM letters WHERE dead_offset = ?').get(Number(deadOffset));
    return row && { letter: letterOf(row), recordKey: row.letter_key, truncated: row.truncated !== 0 };
  }

  has(recordKey: string): boolean {
    if (this.count === 0) return false;
    return this.selectKey.get(recordKey) !== undefined;
  }

  /** Letters made of messages of this partition, from an offset on. */
  loadFrom(partition: number, from: bigint): Load {
    if (this.count === 0) return { messages: 0, weight: 0 };
    const sql = `SELECT count(*) AS messages, coalesce(sum(weight), 0) AS weight FROM letters
      WHERE partition = ? AND offset >= ?`;
    const found = this.db.prepare<[number, number], Load>(sql).get(partition, Number(from));
    return found ?? { messages: 0, weight: 0 };
  }

  close(): void {
    this.db.close();
  }

  private applyAll(entries: readonly LogEntry[], next: bigint): void {
    this.inTransaction(() => {
      for (const { offset, timestamp, record, removes } of entries) {
        if (offset < this.next) continue;
        if (record) this.put(offset, record);
        if (removes !== undefined) this.delete('letter_key = ?', removes);
        this.db.prepare('UPDATE progress SET seen = ?, seen_at = ?').run(Number(offset), timestamp);
      }
      if (next > this.next) this.db.prepare('UPDATE progress SET next = ?').run(Number(next));
    });
    if (next > this.next) this.next = next;
  }

  private put(deadOffset: bigint, { key: recordKey, letter, truncated }: LetterRecord): void {
    const { partition, offset, weight, id, key, headers, publishedAt, reason, cause, deadAt, body } = letter;
    this.delete('letter_key = ?', recordKey);
    this.delete('dead_offset = ?', Number(deadOffset));
    this.count++;
    this.db
      .prepare('INSERT INTO letters VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)')
      .run(
        ...[Number(deadOffset), recordKey, truncated ? 1 : 0, partition, Number(offset), weight, id, key],
        ...[JSON.stringify(headers), publishedAt, reason, cause, deadAt, body],
      );
  }

  private delete(where: string, value: string | number): void {
    this.count -= this.db.prepare(`DELETE FROM letters WHERE ${where}`).run(value).changes;
  }

  private countAll(): number {
    const sql = 'SELECT count(*) AS n FROM letters INDEXED BY letters_by_source';
    return this.db.prepare<[], { n: number }>(sql).get()?.n ?? 0;
  }
}

/** Its file holds what another version of this service wrote. */
class OtherVersion extends Error {
  readonly code = 'OTHER_VERSION';
}
const WORTHLESS: readonly string[] = ['OTHER_VERSION', 'SQLITE_NOTADB', 'SQLITE_CORRUPT'];

const codeOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';

function openFile(file: string): Database.Database {
  try {
    return openVersion(file);
  } catch (error) {
    if (!WORTHLESS.includes(codeOf(error))) throw error;
    for (const suffix of ['', '-wal', '-shm']) rmSync(`${file}${suffix}`, { force: true });
    return openVersion(file);
  }
}

function openVersion(file: string): Database.Database {
  const db = new Database(file, { timeout: 500 });
  try {
    db.pragma('locking_mode = EXCLUSIVE');
    db.pragma('journal_mode = WAL');
    db.pragma('synchronous = NORMAL');
    const version = db.pragma('user_version', { simple: true });
    if (version === 0) db.exec(`BEGIN EXCLUSIVE; ${SCHEMA} COMMIT;`);
    else if (version !== VERSION) throw new OtherVersion(`The index is of version ${String(version)}`);
    else db.exec('BEGIN EXCLUSIVE; COMMIT;');
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}
