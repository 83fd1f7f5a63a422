import Database from 'better-sqlite3';
import type { Load } from '../unsettled-load.js';
import { QueueUnavailable, type DeadLetter, type DeliveredMessage, type QueueMessage } from '../queue.port.js';

export const PARTITION = 0;

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS messages (
    offset INTEGER PRIMARY KEY, weight INTEGER NOT NULL, id TEXT NOT NULL, key TEXT NOT NULL, headers TEXT NOT NULL,
    published_at TEXT NOT NULL, body BLOB NOT NULL);
  CREATE TABLE IF NOT EXISTS dead_letters (
    dead_offset INTEGER PRIMARY KEY AUTOINCREMENT, offset INTEGER NOT NULL, weight INTEGER NOT NULL, id TEXT NOT NULL,
    key TEXT NOT NULL, headers TEXT NOT NULL, published_at TEXT NOT NULL, reason TEXT NOT NULL, cause TEXT NOT NULL,
    dead_at TEXT NOT NULL, body BLOB NOT NULL);
  CREATE TABLE IF NOT EXISTS progress (one INTEGER PRIMARY KEY CHECK (one = 1), committed INTEGER);
  INSERT OR IGNORE INTO progress (one) VALUES (1);`;

interface MessageRow {
  readonly offset: number;
  readonly weight: number;
  readonly id: string;
  readonly key: string;
  readonly headers: string;
  readonly published_at: string;
  readonly body: Buffer;
}

interface DeadLetterRow extends MessageRow {
  readonly dead_offset: number;
  readonly reason: string;
  readonly cause: string;
  readonly dead_at: string;
}

export interface Progress {
  readonly newest: number | undefined;
  readonly committed: number | undefined;
}

export type StoredDeadLetter = DeadLetter & { readonly deadOffset: bigint };

const messageOf = (row: MessageRow): DeliveredMessage => ({
  partition: PARTITION,
  offset: BigInt(row.offset),
  weight: row.weight,
  id: row.id,
  key: row.key,
  headers: JSON.parse(row.headers) as Record<string, string>,
  publishedAt: row.published_at,
  body: row.body,
});

const deadLetterOf = (row: DeadLetterRow): StoredDeadLetter => ({
  ...messageOf(row),
  deadOffset: BigInt(row.dead_offset),
  reason: row.reason,
  cause: row.cause,
  deadAt: row.dead_at,
});

const codeOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';

/** Opens the file for this process alone: a lock that ends with the process, however it ends. */
function openAlone(file: string): Database.Database {
  let db: Database.Database | undefined;
  try {
    db = new Database(file, { timeout: 500 });
    db.pragma('locking_mode = EXCLUSIVE');
    db.pragma('journal_mode = WAL');
    db.pragma('synchronous = FULL');
    db.exec(`BEGIN EXCLUSIVE; ${SCHEMA} COMMIT;`);
    return db;
  } catch (error) {
    db?.close();
    const busy = codeOf(error).startsWith('SQLITE_BUSY');
    const why = busy ? 'is in use by another process' : 'cannot be opened';
    throw new QueueUnavailable(`The queue file ${file} ${why}`, { cause: error });
  }
}

/** The queue on disk. Nothing here is decided; the changing methods belong inside `transaction`. */
export class QueueFile {
  readonly transaction: (work: () => void) => void;
  private readonly db: Database.Database;
  private readonly insertMessage: Database.Statement;
  private readonly setCommitted: Database.Statement;
  private readonly deleteUpTo: Database.Statement;
  private readonly deleteOne: Database.Statement;
  private readonly selectAfter: Database.Statement<[number, number], MessageRow>;
  private readonly insertDead: Database.Statement;
  private readonly deleteDead: Database.Statement;
  private readonly selectDead: Database.Statement<[number, number], DeadLetterRow>;

  constructor(file: string) {
    this.db = openAlone(file);
    const inTransaction = this.db.transaction((work: () => void) => work());
    this.transaction = (work) => inTransaction.immediate(work);
    const prepare = (sql: string): Database.Statement => this.db.prepare(sql);
    this.insertMessage = prepare('INSERT INTO messages VALUES (?, ?, ?, ?, ?, ?, ?)');
    this.setCommitted = prepare('UPDATE progress SET committed = ?');
    this.deleteUpTo = prepare('DELETE FROM messages WHERE offset <= ?');
    this.deleteOne = prepare('DELETE FROM messages WHERE offset = ?');
    this.selectAfter = this.db.prepare('SELECT * FROM messages WHERE offset > ? ORDER BY offset LIMIT ?');
    this.insertDead = prepare('INSERT INTO dead_letters VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)');
    this.deleteDead = prepare('DELETE FROM dead_letters WHERE dead_offset = ?');
    this.selectDead = this.db.prepare('SELECT * FROM dead_letters WHERE dead_offset > ? ORDER BY dead_offset LIMIT ?');
  }

  /**
   * Highest offset published and highest committed, undefined before the first. A message leaves its table only by being
   * committed or by becoming a dead letter, so these places together remember the newest.
   */
  progress(): Progress {
    const sql = `SELECT committed, max(coalesce(committed, -1), (SELECT coalesce(max(offset), -1) FROM messages),
      (SELECT coalesce(max(offset), -1) FROM dead_letters)) AS newest FROM progress`;
    const row = this.db.prepare<[], { newest: number; committed: number | null }>(sql).get();
    return { newest: row && row.newest >= 0 ? row.newest : undefined, committed: row?.committed ?? undefined };
  }

  /** Everything not committed. */
  load(): Load {
    const sql = 'SELECT count(*) AS messages, coalesce(sum(weight), 0) AS weight FROM messages';
    return this.db.prepare<[], Load>(sql).get() ?? { messages: 0, weight: 0 };
  }

  countDeadLetters(): number {
    return this.db.prepare<[], { n: number }>('SELECT count(*) AS n FROM dead_letters').get()?.n ?? 0;
  }

  /** Appends at this offset and those that follow. */
  append(messages: readonly QueueMessage[], first: number, publishedAt: string): void {
    let offset = first;
    for (const { weight, id, key, headers, body } of messages)
      this.insertMessage.run(offset++, weight, id, key, JSON.stringify(headers), publishedAt, body);
  }

  /** What follows `after`, oldest first: at most `limit` messages, and few when they are large (but at least one). */
  after(after: number, limit: number, maxBytes: number): DeliveredMessage[] {
    const found: DeliveredMessage[] = [];
    let bytes = 0;
    for (const row of this.selectAfter.iterate(after, limit)) {
      found.push(messageOf(row));
      if ((bytes += row.body.length) >= maxBytes) break;
    }
    return found;
  }

  commit(offset: number): void {
    this.setCommitted.run(offset);
    this.deleteUpTo.run(offset);
  }

  /** Moves a message to the dead letters. */
  bury({ offset, weight, id, key, headers, publishedAt, reason, cause, deadAt, body }: DeadLetter): void {
    const at = Number(offset);
    this.insertDead.run(at, weight, id, key, JSON.stringify(headers), publishedAt, reason, cause, deadAt, body);
    this.deleteOne.run(at);
  }

  deadLetters(after: number, limit: number): StoredDeadLetter[] {
    return this.selectDead.all(after, limit).map(deadLetterOf);
  }

  /** Removes a dead letter; false when there is none. */
  unearth(deadOffset: number): boolean {
    return this.deleteDead.run(deadOffset).changes === 1;
  }

  close(): void {
    this.db.close();
  }
}
