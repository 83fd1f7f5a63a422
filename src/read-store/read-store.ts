import Database from 'better-sqlite3';

/** What a parameter may be. Integers come back as numbers, so what may pass 2^53 is stored as text. */
export type SqlValue = string | number | bigint | Buffer | null;

/** A row, or undefined when the query found none. */
export type MaybeRow<T> = T | undefined;

/**
 * Where read models live: one SQLite file or `:memory:`. Everything in it can be rebuilt from the log, so a commit may be lost with
 * the power but never half of it (WAL, `synchronous=NORMAL`). Synchronous and on one connection: whatever runs between two
 * turns of the event loop sees one state.
 */
export class ReadStore {
  private readonly db: Database.Database;
  private readonly lock: Database.Database | undefined;
  private readonly statements = new Map<string, Database.Statement>();
  private readonly inTransaction: (work: () => unknown) => unknown;

  /** Throws when another process has the file open. */
  constructor(file: string) {
    this.lock = file === ':memory:' ? undefined : takeLock(file);
    this.db = new Database(file);
    this.db.pragma('journal_mode = WAL');
    this.db.pragma('synchronous = NORMAL');
    this.db.pragma('temp_store = MEMORY');
    this.inTransaction = this.db.transaction((work: () => unknown) => work());
  }

  /** Runs a statement that answers no rows; how many rows it changed. SQL texts are constants: each is kept prepared. */
  run(sql: string, ...params: readonly SqlValue[]): number {
    return this.prepared(sql).run(...params).changes;
  }

  /** The first row. `T` states the shape the SQL selects; nothing checks it. */
  get<T extends object>(sql: string, ...params: readonly SqlValue[]): MaybeRow<T> {
    return this.prepared(sql).get(...params) as MaybeRow<T>;
  }

  /** All rows; callers bound them with LIMIT where they can grow. */
  all<T extends object>(sql: string, ...params: readonly SqlValue[]): T[] {
    return this.prepared(sql).all(...params) as T[];
  }

  /** Row by row, for results too large to hold. Nothing else may use the store until the iteration has ended. */
  iterate<T extends object>(sql: string, ...params: readonly SqlValue[]): IterableIterator<T> {
    return this.prepared(sql).iterate(...params) as IterableIterator<T>;
  }

  /** All of `work` or nothing; synchronous. Inside another transaction it is a savepoint. */
  transaction<T>(work: () => T): T {
    return this.inTransaction(work) as T;
  }

  /** Runs statements without parameters, such as the ones that create tables. */
  exec(sql: string): void {
    this.statements.clear();
    this.db.exec(sql);
  }

  /** Ends the store; closing twice is fine. */
  close(): void {
    this.statements.clear();
    this.db.close();
    this.lock?.close();
  }

  private prepared(sql: string): Database.Statement {
    const known = this.statements.get(sql);
    if (known) return known;
    const statement = this.db.prepare(sql);
    this.statements.set(sql, statement);
    return statement;
  }
}

/**
 * Two processes that fold the log into one file would each count every event. The lock is SQLite's own on a file beside it: the
 * operating system lets go of it however the process ends.
 */
function takeLock(file: string): Database.Database {
  const lock = new Database(`${file}.lock`, { timeout: 0 });
  try {
    lock.exec('BEGIN EXCLUSIVE');
    return lock;
  } catch (cause) {
    lock.close();
    throw new Error(`The views ${file} are in use by another process: every process needs a data folder of its own`, {
      cause,
    });
  }
}
