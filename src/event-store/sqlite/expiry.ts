import type Database from 'better-sqlite3';

/** Positions looked at in one pass. */
const WINDOW = 2000;

/**
 * Removes what is older than the age its stream allows, a bounded window of the log per pass. Reading already hides such
 * events; this only gives the room back. The log is in order of time, so a pass that meets events younger than the
 * shortest age starts over at the beginning.
 */
export class Expiry {
  private readonly shortestAge: Database.Statement<[], number | null>;
  private readonly selectWindow: Database.Statement<[number], [number | null, number | null, number | null]>;
  private readonly deleteExpired: Database.Statement<[{ from: number; to: number; now: number }]>;
  private cursor = 0;

  constructor(db: Database.Database) {
    this.shortestAge = db
      .prepare<[], number | null>('SELECT min(max_age_ms) FROM streams WHERE max_age_ms IS NOT NULL')
      .pluck();
    this.selectWindow = db
      .prepare<[number], [number | null, number | null, number | null]>(
        `SELECT min(position), max(position), min(recorded_at) FROM
         (SELECT position, recorded_at FROM events WHERE position > ? ORDER BY position LIMIT ${WINDOW})`,
      )
      .raw();
    this.deleteExpired = db.prepare(
      `DELETE FROM events WHERE position BETWEEN :from AND :to AND recorded_at <=
       :now - (SELECT max_age_ms FROM streams WHERE id = events.stream)`,
    );
  }

  /** True when some stream has a limited age, so that passes are worth their while. */
  get isNeeded(): boolean {
    return typeof this.shortestAge.get() === 'number';
  }

  /** One pass inside a running transaction; answers how many events went. */
  pass(now: number): number {
    const shortest = this.shortestAge.get();
    const [from, to, oldest] = this.selectWindow.get(this.cursor) ?? [null, null, null];
    if (typeof shortest !== 'number' || from === null || to === null || oldest === null || oldest > now - shortest) {
      this.cursor = 0;
      return 0;
    }
    this.cursor = to;
    return this.deleteExpired.run({ from, to, now }).changes;
  }
}
